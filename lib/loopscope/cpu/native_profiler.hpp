#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/cpu/thread_timer.hpp>

#include <optional>
#include <sys/types.h>

namespace loopscope::cpu {

/// Bounds on the sampling rate, inclusive.
inline constexpr int min_hz = 1;
inline constexpr int max_hz = 1000;

/// gperftools' CPU profiler, ticking on one thread by the wall clock.
///
/// SIGPROF belongs to the whole process: one profiler per process. Its handler is gperftools' own;
/// every thread but the sampled one has to block SIGPROF.
/// \thread worker: starting and stopping takes up to 10 ms
class native_profiler {
 public:
  /// Whether this build has gperftools.
  static bool available() noexcept;

  /// \param thread  kernel id of the thread to sample.
  explicit native_profiler(pid_t thread) : thread_{thread} {}
  native_profiler(native_profiler const&) = delete;
  native_profiler& operator=(native_profiler const&) = delete;
  ~native_profiler() { stop(); }

  /// Starts to sample into the open file `fd`, which it truncates.
  /// \param hz  in [min_hz, max_hz].
  /// \return  errc::unsupported  without gperftools;
  ///          errc::busy  gperftools profiles already, perhaps by CPUPROFILE.
  result<void> start(int fd, int hz);

  /// Ends sampling and completes the file. Nothing happens when it is not running.
  void stop();

 private:
  pid_t thread_;
  std::optional<thread_timer> timer_;
};

}  // namespace loopscope::cpu
