#pragma once

#include <loopscope/artifacts/owner_lock.hpp>
#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <optional>
#include <string>
#include <sys/stat.h>

namespace loopscope::artifacts {

/// The file of an artifact: a regular one of our own user with a single link, and not one that
/// only reserves the name for a temporary file. None if there is none.
std::optional<struct stat> find_published(int directory, std::string const& name);

/// Opens such a file for reading.
/// \return  as open_own_file().
result<file_descriptor> open_published(int directory, std::string const& name);

/// Removes what instances that are gone were writing when they died: the temporary file, with the
/// reservation of its name, if there is one. A file that has its name already, but was not yet
/// unlinked from the temporary one, loses that and is an artifact.
/// \return  a storage error.
result<void> remove_leftovers(int directory, owner_lock const& lock);

}  // namespace loopscope::artifacts
