#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <ucontext.h>

namespace loopscope::cpu {

/// Half-open addresses.
struct address_range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;

  [[nodiscard]] bool holds(std::uintptr_t address) const noexcept {
    return address >= begin && address < end;
  }
};

/// The calling thread's stack.
/// \throws system_error if the C library does not tell.
address_range own_stack();

/// The text of the running executable.
address_range executable_text();

/// Walks the stack that a signal interrupted.
///
/// Code of the executable has frame pointers, other people's libraries may not. So it steps by
/// unwind tables out of what is not ours, at least once, and then follows frame pointers: as
/// complete as unwind tables alone at a quarter of the time.
/// \thread the one whose stack it is, in a signal handler: it allocates nothing and takes only
///         libunwind's own locks. Two threads must not walk at a time.
class stack_walker {
 public:
  stack_walker(address_range stack, address_range text) noexcept : stack_{stack}, text_{text} {}

  /// Writes program counters, innermost first.
  /// \return how many; outer frames beyond `to` are left out.
  std::size_t walk(ucontext_t& interrupted, std::span<std::uint64_t> to) const noexcept;

 private:
  std::size_t follow_frame_pointers(std::uintptr_t frame, std::span<std::uint64_t> to,
                                    std::size_t depth) const noexcept;

  address_range stack_;
  address_range text_;
};

}  // namespace loopscope::cpu
