#pragma once

#include <loopscope/unwind/stack_bounds.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <ucontext.h>
#define UNW_LOCAL_ONLY
#include <libunwind.h>

namespace loopscope::unwind {

/// Walks the stack that a signal interrupted.
///
/// Code of the executable has frame pointers, other people's libraries may not. So it steps by
/// unwind tables wherever it is not in our text, and once at the leaf, and follows frame pointers
/// elsewhere: as complete as tables alone at a quarter of the time.
/// \thread the one whose stack it is, in a signal handler: it allocates nothing and takes only
///         libunwind's own locks. Two threads must not walk at a time.
class stack_walker {
 public:
  stack_walker(address_range stack, address_range text, std::uintptr_t outermost) noexcept
      : stack_{stack}, text_{text}, outermost_{outermost} {}

  /// Writes program counters, innermost first.
  /// \return how many; outer frames beyond `to` are left out.
  std::size_t walk(ucontext_t& interrupted, std::span<std::uint64_t> to) const noexcept;

 private:
  struct frame_place {
    std::uintptr_t pc = 0;
    std::uintptr_t frame = 0;
    std::uintptr_t sp = 0;
  };

  static void set_place(ucontext_t& context, frame_place const& at) noexcept;
  std::optional<frame_place> step_into_text(unw_cursor_t& cursor, bool leaf,
                                            std::span<std::uint64_t> to,
                                            std::size_t& depth) const noexcept;
  std::optional<frame_place> follow_frame_pointers(frame_place from, std::span<std::uint64_t> to,
                                                   std::size_t& depth) const noexcept;

  address_range stack_;
  address_range text_;
  std::uintptr_t outermost_;
};

}  // namespace loopscope::unwind
