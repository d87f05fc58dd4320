#pragma once

#include <chrono>
#include <ctime>
#include <sys/types.h>

namespace loopscope::cpu {

/// Sends SIGPROF to one thread at a steady rate of wall time, as long as the object lives; first
/// after half a period.
///
/// The wall clock, because CPU-time clocks tick no faster than the kernel's own tick, and because
/// waiting is worth seeing too. Source: timer_create(2), SIGEV_THREAD_ID.
/// \thread any
class thread_timer {
 public:
  /// What the signals of these timers carry as `si_value.sival_ptr`, and those of others do not.
  static void* mark() noexcept;

  /// \param thread  kernel id of a thread of this process (gettid).
  /// \param period  at least 1 us.
  /// \throws system_error if the kernel has no timer left.
  thread_timer(pid_t thread, std::chrono::microseconds period);
  ~thread_timer();
  thread_timer(thread_timer const&) = delete;
  thread_timer& operator=(thread_timer const&) = delete;

 private:
  timer_t timer_{};
};

}  // namespace loopscope::cpu
