#pragma once

#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/table_walker.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <span>
#include <ucontext.h>

namespace loopscope::test {

/// Walks the calling thread's stack after every instruction from `begin` to `end`. Everything that
/// is run in between is called by the one function that calls both, so that its callers end every
/// stack. One at a time in a process.
class stepped_walks {
 public:
  /// \param watched  code that `shallowest` is about.
  explicit stepped_walks(unwind::unwind_map const& map, unwind::address_range watched = {})
      : map_{map}, watched_{watched} {
    active = this;
    struct sigaction action {};
    action.sa_sigaction = [](int, siginfo_t*, void* raw) {
      active->step(*static_cast<ucontext_t*>(raw));
    };
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGTRAP, &action, &before_);
  }
  ~stepped_walks() {
    sigaction(SIGTRAP, &before_, nullptr);
    active = nullptr;
  }
  stepped_walks(stepped_walks const&) = delete;
  stepped_walks& operator=(stepped_walks const&) = delete;

  static constexpr std::size_t max_depth = 256;

  // The flag is set in the context of a signal, and cleared there: the test case itself is not
  // stepped. The kernel clears it for handlers: code of one calls `begin` itself.
  static void begin() { raise(SIGTRAP); }
  static void end() {
    active->ending_ = true;
    raise(SIGTRAP);
  }

  std::size_t steps = 0;
  std::size_t broken = 0;     ///< walks that did not reach the thread's start
  std::size_t different = 0;  ///< whole walks that do not end with the known callers
  std::size_t deepest = 0;
  std::size_t changed = 0;    ///< walks that find other frames if they know those of the last one
  std::size_t elsewhere = 0;  ///< walks that began on another stack than the thread's own
  std::size_t shallowest = max_depth;  ///< of walks that began in the watched code

 private:
  static constexpr greg_t trap_flag = 0x100;

  void step(ucontext_t& context) {
    auto const result = unwind::walk_stack(map_, stack_, context, frames_);
    auto const found = std::span{frames_}.first(result.depth);
    if (steps == 0) learn_callers(found);
    ++steps;
    changed += differs_knowing_the_last(context, found) ? 1 : 0;
    deepest = std::max<std::size_t>(deepest, found.size());
    if (!stack_.holds(found.front().sp)) ++elsewhere;
    if (watched_.holds(found.front().pc)) shallowest = std::min(shallowest, found.size());
    if (result.end != unwind::walk_end::outermost)
      ++broken;
    else if (!ends_with_callers(found))
      ++different;
    if (ending_)
      context.uc_mcontext.gregs[REG_EFL] &= ~trap_flag;
    else
      context.uc_mcontext.gregs[REG_EFL] |= trap_flag;
  }

  bool differs_knowing_the_last(ucontext_t const& context,
                                std::span<unwind::stack_frame const> found) {
    auto const result = unwind::walk_stack(map_, stack_, context, again_, &last_);
    return !std::ranges::equal(
        found, std::span{again_}.first(result.depth),
        [](auto const& a, auto const& b) { return a.pc == b.pc && a.sp == b.sp; });
  }

  // raise() and what it calls come and go: the frames above the test case's own are what stays.
  void learn_callers(std::span<unwind::stack_frame const> found) {
    callers_ = std::min(found.size(), known_.size());
    std::copy(found.end() - static_cast<std::ptrdiff_t>(callers_), found.end(), known_.begin());
  }
  [[nodiscard]] bool ends_with_callers(std::span<unwind::stack_frame const> found) const {
    if (found.size() < callers_) return false;
    return std::equal(found.end() - static_cast<std::ptrdiff_t>(callers_), found.end(),
                      known_.begin(),
                      [](auto const& a, auto const& b) { return a.pc == b.pc && a.sp == b.sp; });
  }

  inline static stepped_walks* active = nullptr;

  unwind::unwind_map const& map_;
  unwind::address_range watched_;
  unwind::address_range stack_ = unwind::own_stack();
  std::array<unwind::stack_frame, max_depth> frames_{};
  std::array<unwind::stack_frame, max_depth> again_{};
  unwind::last_walk last_;
  std::array<unwind::stack_frame, 8> known_{};
  std::size_t callers_ = 0;
  bool ending_ = false;
  struct sigaction before_ {};
};

}  // namespace loopscope::test
