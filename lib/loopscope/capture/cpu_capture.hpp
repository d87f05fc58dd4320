#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/log.hpp>
#include <loopscope/base/result.hpp>
#include <loopscope/capture/cpu_recorder.hpp>
#include <loopscope/capture/encoder.hpp>
#include <loopscope/model/cpu_quality.hpp>
#include <loopscope/runtime/task_group.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::capture {

/// Bounds on a recording, inclusive.
inline constexpr std::chrono::seconds min_recording{1};
inline constexpr std::chrono::seconds max_recording{120};

struct cpu_request {
  std::chrono::seconds duration;  ///< in [min_recording, max_recording]
  int hz;                         ///< in [cpu::min_hz, cpu::max_hz]
};

enum class capture_phase { sampling, encoding, done, failed, cancelled };

std::string_view to_text(capture_phase phase) noexcept;

/// A capture as far as it has come.
struct cpu_capture_state {
  std::string id;  ///< as in the names of its artifacts
  cpu_request request{};
  capture_phase phase = capture_phase::sampling;
  std::chrono::system_clock::time_point started;
  std::chrono::duration<double> sampled{};     ///< so far
  boost::system::error_code error;             ///< when failed
  std::string detail;                          ///< for people, when failed
  std::vector<artifacts::artifact> artifacts;  ///< when done, `.cpuprofile` first
  model::cpu_quality quality;                  ///< when done
};

/// Records what the loop thread does, encodes it in another process and stores it.
///
/// One capture at a time. The latest 32 can be asked for.
/// \thread control, but for in_progress()
class cpu_capture {
 public:
  struct dependencies {
    boost::asio::any_io_executor control;
    runtime::workers& worker;
    cpu_recorder& recorder;
    capture::encoder const& encoder;
    logger& log;
  };

  /// The references outlive the object.
  explicit cpu_capture(dependencies with);
  ~cpu_capture();

  /// Whether a capture runs. \thread any
  [[nodiscard]] bool in_progress() const noexcept { return in_progress_; }

  /// Starts a capture that goes on by itself.
  /// \return  its id;
  ///          errc::busy  one runs already, ours or one by CPUPROFILE;
  ///          errc::unsupported  this build cannot sample;
  ///          errc::storage_unavailable.
  boost::asio::awaitable<result<std::string>> start(cpu_request request);

  /// Waits for a capture's end.
  /// \return  its last state; none if no such capture is known.
  boost::asio::awaitable<std::optional<cpu_capture_state>> wait(std::string id);

  /// The id of the capture that runs, if one does.
  [[nodiscard]] std::optional<std::string> running() const;

  [[nodiscard]] std::optional<cpu_capture_state> find(std::string_view id) const;

  /// Cancels a running capture; one that has ended is left as it is.
  /// \return  false if no such capture is known.
  bool cancel(std::string_view id);

  /// Ends sampling, now and of every later capture; what was taken is encoded and marked
  /// truncated.
  void finish_early();

  /// Waits until no capture runs, then cancels what is left after `limit`.
  boost::asio::awaitable<void> drain(std::chrono::milliseconds limit);

 private:
  struct job;

  boost::asio::awaitable<void> run(std::shared_ptr<job> one, std::string stem);
  boost::asio::awaitable<bool> sample(job& one);
  boost::asio::awaitable<result<void>> encode(job& one, std::string stem);
  void finish(job& one, result<void> outcome);
  [[nodiscard]] std::shared_ptr<job> find_job(std::string_view id) const;

  dependencies with_;
  std::list<std::shared_ptr<job>> jobs_;  // the latest last
  std::atomic<bool> in_progress_{false};
  bool finishing_ = false;
  runtime::task_group tasks_;
};

}  // namespace loopscope::capture
