#pragma once

#include <loopscope/base/result.hpp>

#include <filesystem>
#include <string>

namespace loopscope {

/// All bytes of a file, also of one in /proc that has no size.
/// \return errno in the generic category: EISDIR for a directory, EMFILE, ENOENT, ...
/// \thread worker, but for the files of /proc and /sys
result<std::string> read_file(std::filesystem::path const& path);

/// The same, or nothing if it cannot be read: for files that the kernel makes up.
std::string read_file_or_nothing(std::filesystem::path const& path);

/// What is left to read of an open file.
/// \return as read_file().
result<std::string> read_rest(int fd);

}  // namespace loopscope
