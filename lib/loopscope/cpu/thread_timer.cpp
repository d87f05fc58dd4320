#include <loopscope/base/expects.hpp>
#include <loopscope/cpu/thread_timer.hpp>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace loopscope::cpu {

namespace {

timespec to_timespec(std::chrono::nanoseconds time) {
  auto const seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {seconds.count(), (time - seconds).count()};
}

}  // namespace

void* thread_timer::mark() noexcept {
  static char unique = 0;
  return &unique;
}

thread_timer::thread_timer(pid_t thread, std::chrono::microseconds period) {
  LOOPSCOPE_EXPECTS(period.count() >= 1);
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGPROF;
  event.sigev_value.sival_ptr = mark();
  event._sigev_un._tid = thread;  // glibc 2.36 has no public name for the field
  if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0)
    throw std::system_error{errno, std::generic_category(), "timer_create"};

  // In the middle of the first period: a recording of one period has its one sample for certain.
  itimerspec const schedule{.it_interval = to_timespec(period),
                            .it_value = to_timespec(std::chrono::nanoseconds{period} / 2)};
  if (timer_settime(timer_, 0, &schedule, nullptr) != 0) {
    auto const error = errno;
    timer_delete(timer_);
    throw std::system_error{error, std::generic_category(), "timer_settime"};
  }
}

thread_timer::~thread_timer() {
  timer_delete(timer_);
}

}  // namespace loopscope::cpu
