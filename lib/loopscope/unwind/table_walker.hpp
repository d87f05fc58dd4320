#pragma once

#include <loopscope/unwind/address_range.hpp>
#include <loopscope/unwind/unwind_map.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <ucontext.h>

namespace loopscope::unwind {

/// One frame of a stack.
struct stack_frame {
  std::uint64_t pc;   ///< where the thread was; in every frame but the first a return address
  std::uintptr_t sp;  ///< the stack pointer at that place
};

/// Why a walk went no further.
enum class walk_end : std::uint8_t {
  outermost,      ///< the tables say that nothing called this: a thread's or a process's start
  fiber_entry,    ///< the start of a fiber: Boost.Context's or makecontext's
  no_room,        ///< more frames than asked for
  unknown_code,   ///< in no known object, and no frame pointer led on
  no_rule,        ///< in a known object without a usable row, and no frame pointer led on
  lost_register,  ///< the row needs a register whose value is not known any more
  bad_cfa,        ///< the stack does not ascend
  unreadable,     ///< a saved word cannot be read
};

struct walk_result {
  std::uint32_t depth = 0;  ///< frames written
  walk_end end = walk_end::outermost;
  std::uint16_t probes = 0;  ///< pages that the kernel was asked about
};

/// The callers in a thread's last whole walk, for `walk_stack` alone to read and write. Most of
/// them are there at the next one too: it steps up to the first one that it knows, and looks
/// whether the return addresses further out are still in their places.
struct last_walk {
  struct caller {
    std::uint64_t pc;
    std::uintptr_t sp;
    std::uintptr_t fp;  ///< rbp: with pc and sp, all that further steps depend on
  };
  static constexpr std::size_t room = 128;

  std::array<caller, room> callers{};  ///< outermost first
  std::size_t depth = 0;
};

/// Walks the stack that a signal interrupted, by tables and, where there are none, by frame
/// pointers. Writes frames, innermost first.
/// \param stack  the interrupted thread's own stack; empty if it is not known.
/// \param last   of the interrupted thread; null: every frame is stepped to.
/// \thread the one whose stack it is, in a signal handler; async-signal-safe: no lock, no
///         allocation, no thread-local, no library call, errno as it was
walk_result walk_stack(unwind_map const& map, address_range stack, ucontext_t const& interrupted,
                       std::span<stack_frame> to, last_walk* last = nullptr) noexcept;

/// By frame pointers alone: for when there is no map.
/// \thread as `walk_stack`
walk_result walk_frame_pointers(address_range stack, ucontext_t const& interrupted,
                                std::span<stack_frame> to) noexcept;

}  // namespace loopscope::unwind
