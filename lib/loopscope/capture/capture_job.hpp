#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/capture_formats.hpp>
#include <loopscope/base/result.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loopscope::capture {

enum class capture_phase { sampling, encoding, done, failed, cancelled };

std::string_view to_text(capture_phase phase) noexcept;

/// What a capture of any kind leaves.
struct capture_result {
  std::vector<artifacts::artifact> artifacts;  ///< the one for DevTools first
  boost::json::object figures;                 ///< for the response, beside the artifacts
  boost::json::object quality;                 ///< whether the result can be trusted
};

/// A capture as far as it has come.
struct capture_state {
  std::string id;  ///< as in the names of its artifacts
  capture_kind kind{};
  capture_phase phase = capture_phase::sampling;
  std::chrono::system_clock::time_point started;
  double progress = 0;              ///< of sampling, from 0 to 1
  boost::json::object request;      ///< what was asked for, for people
  boost::system::error_code error;  ///< when failed or cancelled
  std::string detail;               ///< for people, when failed
  capture_result result;            ///< when done

  [[nodiscard]] bool is_running() const noexcept {
    return phase == capture_phase::sampling || phase == capture_phase::encoding;
  }
};

/// A capture in progress, between those who ask for it and the recorder that works on it.
/// \thread control
class capture_job {
 public:
  capture_job(boost::asio::any_io_executor control, capture_state initial);

  capture_state state;

  /// Makes the recorder end as soon as it can, without a result.
  void cancel();
  [[nodiscard]] bool is_cancelled() const noexcept { return cancelled_; }

  /// Makes the recorder end sampling now and keep what was taken.
  void end_early();
  [[nodiscard]] bool ends_early() const noexcept { return ends_early_; }

  /// Waits until `time`, or until the job is cancelled or ended early, if it is not already.
  boost::asio::awaitable<void> sleep_until(std::chrono::steady_clock::time_point time);

  /// Runs `work`, which the job's cancellation then cancels.
  template <class T>
  boost::asio::awaitable<T> cancellable(boost::asio::awaitable<T> work) {
    auto const slot = cancellation_.slot();
    co_return co_await boost::asio::co_spawn(
        control_, std::move(work),
        boost::asio::bind_cancellation_slot(slot, boost::asio::use_awaitable));
  }

  /// Waits until the state is final.
  boost::asio::awaitable<void> ended();
  void notify_ended() { ended_.cancel(); }

 private:
  boost::asio::any_io_executor control_;
  boost::asio::steady_timer ended_;  // waited for until the end cancels it
  boost::asio::steady_timer sleep_;
  boost::asio::cancellation_signal cancellation_;
  bool cancelled_ = false;
  bool ends_early_ = false;
};

}  // namespace loopscope::capture
