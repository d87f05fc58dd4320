#pragma once

#include <loopscope/unwind/map_publisher.hpp>
#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/table_walker.hpp>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <span>
#include <system_error>
#include <ucontext.h>
#include <unistd.h>

namespace unwind_test {

using namespace loopscope;

/// What a handler needs to walk the stack of one thread.
struct walked_thread {
  unwind::map_publisher maps;
  unwind::map_reader reader;
  unwind::address_range stack = unwind::own_stack();
  unwind::last_walk last;

  walked_thread() {
    maps.add(reader);
    maps.refresh();
  }
  ~walked_thread() { maps.remove(reader); }
  walked_thread(walked_thread const&) = delete;
  walked_thread& operator=(walked_thread const&) = delete;

  unwind::walk_result walk(ucontext_t const& interrupted, std::span<unwind::stack_frame> to) {
    unwind::held_map const map{maps, reader};
    return unwind::walk_stack(*map.get(), stack, interrupted, to, &last);
  }
};

/// Sends SIGPROF to the calling thread by real time while it lives.
class sampling_timer {
 public:
  using handler = void (*)(int, siginfo_t*, void*);

  sampling_timer(handler on_signal, int hz) {
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(SIGPROF, &action, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGPROF;
    event._sigev_un._tid = gettid();
    timespec const period{hz == 1 ? 1 : 0, 1'000'000'000 / hz % 1'000'000'000};
    itimerspec const schedule{period, period};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0 ||
        timer_settime(timer_, 0, &schedule, nullptr) != 0)
      throw std::system_error{errno, std::generic_category(), "timer"};
  }
  ~sampling_timer() {
    timer_delete(timer_);
    std::signal(SIGPROF, SIG_IGN);  // one may be pending
  }
  sampling_timer(sampling_timer const&) = delete;
  sampling_timer& operator=(sampling_timer const&) = delete;

 private:
  timer_t timer_{};
};

}  // namespace unwind_test
