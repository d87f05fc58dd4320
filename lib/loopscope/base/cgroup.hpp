#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace loopscope {

/// A control group of this process.
struct cgroup {
  int version;  ///< of the interface: 1 or 2; their files have different names
  std::filesystem::path directory;
};

/// The process' own group of a controller and every group above it, innermost last.
///
/// In a container only what is mounted there is seen: its root stands for the container's group.
/// \param controller  `memory` or `cpu`.
/// \param root  where `proc` and `sys` lie; another one only in tests.
/// \thread worker: it reads files
/// Source: cgroups(7), "/proc/pid/cgroup".
std::vector<cgroup> cgroups_of_process(std::string_view controller,
                                       std::filesystem::path const& root = "/");

}  // namespace loopscope
