#pragma once

#include <loopscope/heap/live_table.hpp>
#include <loopscope/heap/pages_impl.hpp>
#include <loopscope/model/raw_heap.hpp>
#include <loopscope/unwind/address_range.hpp>

#include <cstdint>
#include <vector>

namespace loopscope::heap {

using unwind::address_range;

/// Memory outside of the heap that holds blocks.
struct scan_root {
  model::root_kind kind{};
  std::uint32_t holder = 0;
  address_range where;
};

/// A readable mapping of a file.
struct file_span {
  address_range where;
  bool is_code = false;
};

/// Each may split a mapping, and the kernel has 65530.
inline constexpr std::size_t most_large_blocks = 4096;

/// What a forked child looks at. Everything in it is made before the fork.
struct scan_input {
  live_table const* blocks = nullptr;
  std::vector<scan_root> roots;                            ///< registered ones first
  std::vector<file_span> files;                            ///< by address
  page_list<address_range> not_forked{most_large_blocks};  ///< by address: pages that the child
                                                           ///< does not have
  int live_memory = -1;  ///< /proc/self/mem of the parent; -1: there is none
  int output = -1;
};

/// The life of the child: makes itself the first victim of a shortage of memory, closes what it
/// does not need, looks in live blocks and roots for pointers to live blocks, writes the sections
/// of a raw capture and ends. Uses nothing but system calls and its stack: other threads may have
/// held any lock when it was forked.
[[noreturn]] void scan_and_exit(scan_input const& input) noexcept;

}  // namespace loopscope::heap
