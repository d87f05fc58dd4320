#pragma once

#include <loopscope/loop/lag_histogram.hpp>
#include <loopscope/loop/published_lags.hpp>

#include <boost/asio/awaitable.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace loopscope::loop {

/// Lateness of a loop's ticks over the last 60 s.
///
/// A tick that comes late by d stands for all that should have come meanwhile: d-10 ms, d-20 ms
/// and so on are recorded too, so that one long stall weighs as much as it lasted (coordinated
/// omission). Reading changes nothing, and is right while the loop is blocked.
/// \thread any, but for record(): the loop
class rolling_lag {
 public:
  using clock = std::chrono::steady_clock;

  static constexpr std::chrono::milliseconds tick{10};
  static constexpr std::chrono::seconds span{60};

  /// Records a tick that was due at `due` and came at `now`.
  void record(clock::time_point due, clock::time_point now);

  /// Everything of the last 60 s; what is older is left out to within one window of 5 s.
  [[nodiscard]] lag_histogram recent(clock::time_point now) const;

  /// Lateness of the latest tick; while a tick is overdue, how much it is.
  [[nodiscard]] std::chrono::nanoseconds current(clock::time_point now) const;

 private:
  static constexpr std::chrono::seconds window_length{5};
  static constexpr std::size_t window_count = span / window_length;

  static std::int64_t number_of(clock::time_point time) {
    return time.time_since_epoch() / window_length;
  }

  published_lags& window_at(clock::time_point now);

  std::array<published_lags, window_count> windows_;
  std::atomic<clock::time_point> last_tick_{clock::time_point{}};
  std::atomic<std::chrono::nanoseconds> last_lag_{std::chrono::nanoseconds{}};
};

/// Ticks every 10 ms on the calling executor and records into `lag`, until cancelled.
/// \cancel any: the last tick is lost.
boost::asio::awaitable<void> monitor_lag(rolling_lag& lag);

}  // namespace loopscope::loop
