#include <loopscope/loop/lag_histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace loopscope::loop {

namespace {

double seconds(lag_histogram::duration value) {
  return std::chrono::duration<double>(value).count();
}

}  // namespace

// Below 32 us a bucket is 1 us wide; above, each octave is cut into 32.
std::size_t lag_histogram::bucket_of(duration lag) noexcept {
  auto const us = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(lag).count());
  if (us < sub_buckets) return us;
  auto const octave = static_cast<unsigned>(std::bit_width(us)) - sub_bits;
  auto const bucket = octave * sub_buckets + ((us >> (octave - 1)) - sub_buckets);
  return std::min(bucket, sub_buckets * octaves - 1);
}

std::uint64_t lag_histogram::upper_bound_us(std::size_t bucket) noexcept {
  if (bucket < sub_buckets) return bucket;
  auto const octave = bucket / sub_buckets;
  return ((bucket % sub_buckets + sub_buckets + 1) << (octave - 1)) - 1;
}

void lag_histogram::record(duration lag) noexcept {
  lag = std::max(lag, duration{});
  ++buckets_[bucket_of(lag)];
  ++count_;
  sum_ += seconds(lag);
  sum_of_squares_ += seconds(lag) * seconds(lag);
  min_ = std::min(min_, lag);
  max_ = std::max(max_, lag);
}

void lag_histogram::merge(lag_histogram const& other) noexcept {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  sum_of_squares_ += other.sum_of_squares_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

double lag_histogram::mean_seconds() const noexcept {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

double lag_histogram::stddev_seconds() const noexcept {
  if (count_ == 0) return 0;
  auto const mean = mean_seconds();
  auto const variance = sum_of_squares_ / static_cast<double>(count_) - mean * mean;
  return std::sqrt(std::max(variance, 0.0));
}

lag_histogram::duration lag_histogram::percentile(double share) const noexcept {
  if (count_ == 0) return {};
  auto const wanted = std::max(1.0, std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  for (; bucket + 1 < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (static_cast<double>(seen) >= wanted) break;
  }
  // The bucket ends where the next one begins.
  return std::min<duration>(std::chrono::microseconds{upper_bound_us(bucket) + 1}, max_);
}

}  // namespace loopscope::loop
