#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace loopscope::artifacts {

/// \return a storage error: it is not there, is no directory, may not be entered, ...
result<file_descriptor> open_directory(std::filesystem::path const& path);

/// The names of all entries, in no order. O(entries).
/// \return a storage error.
result<std::vector<std::string>> names_in(int directory);

/// What lies at `name`, without following a link; none if it cannot be looked at.
std::optional<struct stat> look_at(int directory, std::string const& name);

bool is_same_file(struct stat const& a, struct stat const& b);

/// Whether `name` is still the file that is open: somebody may have replaced it meanwhile.
bool is_same_file(int directory, std::string const& name, int fd);

/// Whether this is a regular file of our own user with a single link: a planted hard link or
/// another user's file is never touched.
bool is_own_regular_file(struct stat const& info);
bool is_own_regular_file(int fd);

/// Opens such a file for reading. A link is not followed, and a planted fifo cannot block us.
/// \return errc::not_found  there is none of that name;
///         a storage error  it could not be looked at.
result<file_descriptor> open_own_file(int directory, std::string const& name);

}  // namespace loopscope::artifacts
