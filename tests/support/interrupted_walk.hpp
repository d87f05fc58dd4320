#pragma once
#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/table_walker.hpp>

#include <csignal>
#include <cstddef>
#include <memory>
#include <pthread.h>
#include <span>
#include <ucontext.h>
#include <vector>

namespace loopscope::test {

/// Walks the calling thread's stack in a handler of SIGUSR1 each time that `interrupt` is called.
/// One at a time in a process.
class interrupted_walk {
 public:
  /// \param room  frames.
  explicit interrupted_walk(std::size_t room) : frames_(room) {
    active = this;
    struct sigaction action {};
    action.sa_sigaction = [](int, siginfo_t*, void* context) {
      auto& walk = *active;
      walk.result_ = unwind::walk_stack(*walk.map_, walk.stack_,
                                        *static_cast<ucontext_t const*>(context), walk.frames_);
    };
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR1, &action, &before_);
  }
  ~interrupted_walk() {
    sigaction(SIGUSR1, &before_, nullptr);
    active = nullptr;
  }
  interrupted_walk(interrupted_walk const&) = delete;
  interrupted_walk& operator=(interrupted_walk const&) = delete;

  static void interrupt() { pthread_kill(pthread_self(), SIGUSR1); }

  [[nodiscard]] unwind::walk_result const& result() const { return result_; }
  [[nodiscard]] std::span<unwind::stack_frame const> frames() const {
    return std::span{frames_}.first(result_.depth);
  }

 private:
  inline static interrupted_walk* active = nullptr;

  std::unique_ptr<unwind::unwind_map const> map_ = unwind::unwind_map::make(nullptr);
  unwind::address_range stack_ = unwind::own_stack();
  std::vector<unwind::stack_frame> frames_;
  unwind::walk_result result_;
  struct sigaction before_ {};
};

}  // namespace loopscope::test
