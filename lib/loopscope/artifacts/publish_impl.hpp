#pragma once

#include <loopscope/base/result.hpp>

#include <string>

namespace loopscope::artifacts {

/// Renames a complete file of ours, and never replaces another one.
///
/// Where `renameat2` is refused (NFS, 9p, FUSE, a container's filter) the file is linked to its
/// new name and unlinked from the old one. Where links are refused too, an empty file reserves the
/// new name and is renamed over: its temporary file beside it shows what it is.
/// \param fd  the open file.
/// \return  errc::rename_refused  so is this;
///          a storage error; EEXIST if `to` is taken.
result<void> give_name(int directory, int fd, std::string const& from, std::string const& to);

}  // namespace loopscope::artifacts
