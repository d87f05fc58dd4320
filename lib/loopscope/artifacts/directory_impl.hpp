#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace loopscope::artifacts {

/// \return errc::storage_unavailable  it is not there, or is no directory that we may enter.
result<file_descriptor> open_directory(std::filesystem::path const& path);

/// The names of all entries, in no order. O(entries).
std::vector<std::string> names_in(int directory);

/// Whether an open file is a regular one of our own user with a single link: a planted hard link
/// or another user's file is never touched.
bool is_own_regular_file(int fd);

/// Opens such a file for reading; holds nothing if there is none of that name. A link is not
/// followed, and a planted fifo cannot hold us.
file_descriptor open_own_file(int directory, std::string const& name);

}  // namespace loopscope::artifacts
