#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/cpu/thread_timer.hpp>
#include <loopscope/model/cpu_profile.hpp>
#include <loopscope/unwind/address_range.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <pthread.h>
#include <sys/types.h>

namespace loopscope::cpu {

/// Bounds on the sampling rate, inclusive.
inline constexpr int min_hz = 1;
inline constexpr int max_hz = 1000;

/// Samples one thread by the wall clock: its stack, in order of time, with the route it works on.
/// Coroutines that wait for a running one continue its stack, see coroutines/splice.hpp.
///
/// SIGPROF belongs to the whole process: one sampler records at a time. Its handler allocates
/// nothing, takes no lock and then calls the handler that was there before, gperftools' own: one
/// signal feeds both. It stays installed, and other code may install its own before or after it.
/// \thread made on the thread that is sampled; all else on one other thread at a time
class loop_sampler {
 public:
  /// Whether signals and stacks can be trusted in this build: not under ThreadSanitizer, which
  /// delivers signals late.
  static bool available() noexcept;

  /// Samples the calling thread.
  loop_sampler();
  ~loop_sampler();
  loop_sampler(loop_sampler const&) = delete;
  loop_sampler& operator=(loop_sampler const&) = delete;

  /// Starts to sample.
  /// \param hz  in [min_hz, max_hz].
  /// \return  errc::unsupported  not available;
  ///          errc::busy  it samples already, or another sampler of this process does.
  /// \throws  system_error if the kernel has no timer left.
  result<void> start(int hz);

  /// The sampled thread, as the kernel numbers it.
  [[nodiscard]] pid_t thread() const noexcept { return thread_.id; }

  [[nodiscard]] bool running() const noexcept { return timer_.has_value(); }

  /// Takes over what the handler has left, and learns of libraries that came or went. Call it at
  /// least every second.
  void drain();

  /// Samples taken over so far.
  [[nodiscard]] std::uint64_t taken() const noexcept;

  /// Ends sampling, also while a debugger keeps the sampled thread from running. Executable, maps
  /// and gperftools' profile are for the caller to add.
  model::raw_cpu_profile stop();

 private:
  struct recording;

  void take_over();

  struct thread_name {
    pid_t id;          // for the kernel
    pthread_t handle;  // for a handler, which gets its own without a system call
  };

  thread_name thread_;
  unwind::address_range stack_;
  std::unique_ptr<recording> recording_;
  std::optional<thread_timer> timer_;
};

}  // namespace loopscope::cpu
