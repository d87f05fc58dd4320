#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/result.hpp>
#include <loopscope/cpu/native_profiler.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace loopscope::capture {

/// Bounds on a recording, inclusive.
inline constexpr std::chrono::seconds min_recording{1};
inline constexpr std::chrono::seconds max_recording{120};

/// Whether a profile can be trusted.
struct cpu_quality {
  std::uint64_t samples_expected = 0;  ///< of the time that was really sampled
  std::uint64_t samples_taken = 0;
  bool truncated = false;  ///< ended early, by a shutdown
};

/// A finished recording.
struct cpu_profile {
  std::vector<artifacts::artifact> artifacts;
  std::chrono::duration<double> duration;  ///< how long it really sampled
  cpu_quality quality;
};

/// Records what the loop thread does, running and waiting, and stores it.
/// \thread loop; starting, stopping and storing happen on the worker
class cpu_capture {
 public:
  /// The references outlive the object. `profiler` and `store` are used on `worker` alone.
  cpu_capture(boost::asio::any_io_executor loop, runtime::workers& worker,
              cpu::native_profiler& profiler, artifacts::store& store);

  [[nodiscard]] bool in_progress() const noexcept { return in_progress_; }

  /// Samples for `duration` of wall time and stores the profile.
  /// \param duration  in [min_recording, max_recording].
  /// \param hz        in [cpu::min_hz, cpu::max_hz].
  /// \return  errc::busy  a recording runs already, ours or one by CPUPROFILE;
  ///          errc::unsupported  this build has no profiler;
  ///          errc::nothing_captured  not one sample was taken;
  ///          errc::storage_unavailable, storage_full, quota_exceeded  as of the store.
  /// \cancel  any: sampling ends at once; what was taken is stored and marked truncated.
  boost::asio::awaitable<result<cpu_profile>> record(std::chrono::seconds duration, int hz);

  /// Ends the running recording as if its time were over, and every later one at once.
  void finish_early();

 private:
  struct recording;

  boost::asio::awaitable<result<cpu_profile>> record_alone(std::chrono::seconds duration, int hz);
  result<recording> begin(int hz);
  result<cpu_profile> finish(recording running, std::chrono::nanoseconds sampled, int hz);

  runtime::workers& worker_;
  cpu::native_profiler& profiler_;
  artifacts::store& store_;
  boost::asio::steady_timer timer_;
  bool in_progress_ = false;
  bool finishing_ = false;
};

}  // namespace loopscope::capture
