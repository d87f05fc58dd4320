#pragma once

#include <loopscope/unwind/address_range.hpp>
#include <loopscope/unwind/table_walker.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace loopscope::coroutines {

/// Whether stacks can show waiting coroutines with the Boost version of this build: of all
/// translation units that include pump_hook.hpp first.
bool has_async_stacks() noexcept;

/// While one lives, a chain of coroutines is noted before its operation is initiated, so that the
/// initiation's stack can show it. It costs some nanoseconds per coroutine of the chain. \thread
/// any
class initiation_notes {
 public:
  initiation_notes() noexcept;
  ~initiation_notes();
  initiation_notes(initiation_notes const&) = delete;
  initiation_notes& operator=(initiation_notes const&) = delete;
};

struct spliced_stack {
  std::size_t depth = 0;  ///< words written
  bool whole = true;      ///< false: there was no room for all of them
};

/// Writes the program counters of a physical stack, and behind each coroutine that runs the ones
/// that wait for it, directly or through others, as `waiting_word`s.
///
/// Chains whose resumption does not lie on that stack, such as a fiber's, are left out.
/// \param physical  of the calling thread, innermost first.
/// \param stack     the thread's own; empty if it is not known: nothing is added.
/// \thread the one whose stack it is, in a signal handler; async-signal-safe: no lock, no
///         allocation, no library call; reads memory that this thread owns at that instant
spliced_stack splice(std::span<unwind::stack_frame const> physical, unwind::address_range stack,
                     std::span<std::uint64_t> to) noexcept;

}  // namespace loopscope::coroutines
