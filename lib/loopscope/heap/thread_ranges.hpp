#pragma once

#include <loopscope/unwind/address_range.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace loopscope::heap {

/// Where a thread may hold pointers: the used part of its stack, and its thread-local variables.
struct thread_range {
  pid_t thread = 0;
  std::string name;                ///< as the kernel has it
  unwind::address_range stack;     ///< from the stack pointer up, as far as that is known
  unwind::address_range locals{};  ///< empty where the stack has them too
};

/// Stacks of threads that have allocated. Those of others are looked for in /proc.
///
/// \thread any; constant-initialized. It takes no lock and no memory.
class known_threads {
 public:
  static constexpr std::size_t most = 1024;

  struct entry {
    std::atomic<pid_t> thread{0};
    std::atomic<std::uint64_t> begin{0};  ///< of its stack
    std::atomic<std::uint64_t> end{0};
    std::atomic<std::uint64_t> local{0};  ///< the thread pointer
  };

  /// Of the calling thread. More than `most` are not kept.
  void add(unwind::address_range stack) noexcept;

  /// The entry of a thread, or null.
  [[nodiscard]] entry const* find(pid_t thread) const noexcept;

  /// Makes room: `lives` says whether a thread is still there.
  template <class Lives>  // Lives: (pid_t) -> bool
  void forget_dead(Lives lives) noexcept {
    for (auto& each : entries_)
      if (auto const thread = each.thread.load(); thread != 0 && !lives(thread)) each.thread = 0;
  }

 private:
  std::array<entry, most> entries_{};
};

/// The threads of this process and where they may hold pointers: what a thread that waits has in
/// use of its stack; all of the stack of one that runs. A thread whose stack is not found is left
/// out, and so is what lies below `own_frame` on the caller's stack.
/// \thread any, but one at a time; reads /proc.
std::vector<thread_range> thread_ranges(known_threads& known, void const* own_frame);

}  // namespace loopscope::heap
