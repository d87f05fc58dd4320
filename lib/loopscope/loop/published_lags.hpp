#pragma once

#include <loopscope/loop/lag_histogram.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace loopscope::loop {

/// A lag_histogram of one stretch of time that one thread fills while any thread reads it, without
/// a lock: the loop that is measured never waits for a reader.
class published_lags {
 public:
  using duration = lag_histogram::duration;

  /// Which stretch of time it counts; negative before begin(). \thread any
  [[nodiscard]] std::int64_t number() const noexcept { return number_.load(relaxed); }

  /// Forgets everything and counts for `number` from now on. \thread the one writer
  void begin(std::int64_t number) noexcept;

  /// \thread the one writer
  void record(duration lag) noexcept;

  /// Adds what was recorded for the stretches after `oldest` to `sum`. A lag that is being recorded
  /// meanwhile may be missing, or in the sums only, and all of them if begin() comes in between.
  /// \thread any
  void add_to(lag_histogram& sum, std::int64_t oldest) const noexcept;

 private:
  // A reader that sees a value of the next stretch also sees, when it looks at the number again,
  // that it has changed: begin() first marks it, then every value is stored with release, and a
  // reader loads every value with acquire before it looks.
  static constexpr auto relaxed = std::memory_order_relaxed;
  static constexpr auto acquire = std::memory_order_acquire;
  static constexpr auto release = std::memory_order_release;

  std::atomic<std::int64_t> number_{-1};
  std::array<std::atomic<std::uint32_t>, lag_histogram::sub_buckets * lag_histogram::octaves>
      buckets_{};
  std::atomic<double> sum_{0};
  std::atomic<double> sum_of_squares_{0};
  std::atomic<duration::rep> min_{duration::max().count()};
  std::atomic<duration::rep> max_{0};
};

}  // namespace loopscope::loop
