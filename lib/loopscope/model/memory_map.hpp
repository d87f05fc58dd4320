#pragma once

#include <loopscope/base/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::model {

/// What the kernel appends to the path of a file that was deleted or replaced.
inline constexpr std::string_view deleted_mark = " (deleted)";

/// A range of a process's address space and the file that stands there.
struct mapping {
  std::uint64_t start = 0;   ///< [start, end)
  std::uint64_t end = 0;     ///<
  std::uint64_t offset = 0;  ///< of `start` in the file
  std::string path;          ///< as the kernel writes it: a file, `[vdso]`, or empty
  bool executable = false;
  std::uint64_t inode = 0;  ///< 0: no file
  std::string device{};     ///< that the inode is of, as the kernel writes it
  bool readable = false;
  bool writable = false;

  bool operator==(mapping const&) const = default;
};

/// The text of /proc/PID/maps, in its order: ascending, without overlap.
/// \return errc::raw_malformed  a line that is none of it, or out of order.
/// Source: https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html
result<std::vector<mapping>> parse_maps(std::string_view text);

/// The mapping that holds an address, or null. `maps` as from `parse_maps`. O(log n).
mapping const* find_mapping(std::span<mapping const> maps, std::uint64_t address);

}  // namespace loopscope::model
