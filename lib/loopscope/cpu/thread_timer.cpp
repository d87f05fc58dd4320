#include <loopscope/base/expects.hpp>
#include <loopscope/cpu/thread_timer.hpp>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace loopscope::cpu {

thread_timer::thread_timer(pid_t thread, std::chrono::microseconds period) {
  LOOPSCOPE_EXPECTS(period.count() >= 1);
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGPROF;
  event._sigev_un._tid = thread;  // glibc 2.36 has no public name for the field
  if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0)
    throw std::system_error{errno, std::generic_category(), "timer_create"};

  auto const seconds = std::chrono::floor<std::chrono::seconds>(period);
  std::chrono::nanoseconds const rest = period - seconds;
  timespec const each{seconds.count(), rest.count()};
  itimerspec const schedule{each, each};
  timer_settime(timer_, 0, &schedule, nullptr);
}

thread_timer::~thread_timer() {
  timer_delete(timer_);
}

}  // namespace loopscope::cpu
