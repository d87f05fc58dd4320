#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace loopscope::loop {

/// Counts durations in buckets of constant relative width: 32 sub-buckets an octave, so that a
/// percentile is read with an error of at most 1/32, or of 1 us below 32 us.
///
/// Covers 1 us to about 19 hours; what is beyond counts in the last bucket.
/// Source: the bucket layout of HdrHistogram, https://hdrhistogram.github.io/HdrHistogram/
/// \thread any, one at a time
class lag_histogram {
 public:
  using duration = std::chrono::nanoseconds;

  /// \param lag  negative counts as zero.
  void record(duration lag) noexcept;

  void merge(lag_histogram const& other) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] duration min() const noexcept { return count_ == 0 ? duration{} : min_; }
  [[nodiscard]] duration max() const noexcept { return max_; }
  [[nodiscard]] double mean_seconds() const noexcept;
  [[nodiscard]] double stddev_seconds() const noexcept;

  /// The smallest recorded bucket's upper bound that at least `share` of the values lie under,
  /// never above max(). Zero when nothing was recorded. O(buckets).
  /// \param share  0 to 1.
  [[nodiscard]] duration percentile(double share) const noexcept;

 private:
  friend class published_lags;

  static constexpr unsigned sub_bits = 5;
  static constexpr std::size_t sub_buckets = std::size_t{1} << sub_bits;
  static constexpr std::size_t octaves = 32;

  static std::size_t bucket_of(duration lag) noexcept;
  static std::uint64_t upper_bound_us(std::size_t bucket) noexcept;

  std::array<std::uint32_t, sub_buckets * octaves> buckets_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
  double sum_of_squares_ = 0;
  duration min_ = duration::max();
  duration max_{};
};

}  // namespace loopscope::loop
