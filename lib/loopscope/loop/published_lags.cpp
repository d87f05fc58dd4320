#include <loopscope/loop/published_lags.hpp>

#include <algorithm>

namespace loopscope::loop {

void published_lags::begin(std::int64_t number) noexcept {
  number_.store(-1, relaxed);
  for (auto& bucket : buckets_) bucket.store(0, release);
  sum_.store(0, release);
  sum_of_squares_.store(0, release);
  min_.store(duration::max().count(), release);
  max_.store(0, release);
  number_.store(number, release);
}

void published_lags::record(duration lag) noexcept {
  lag = std::max(lag, duration{});
  auto& bucket = buckets_[lag_histogram::bucket_of(lag)];
  auto const seconds = std::chrono::duration<double>(lag).count();
  sum_.store(sum_.load(relaxed) + seconds, release);
  sum_of_squares_.store(sum_of_squares_.load(relaxed) + seconds * seconds, release);
  min_.store(std::min(min_.load(relaxed), lag.count()), release);
  max_.store(std::max(max_.load(relaxed), lag.count()), release);
  // Last, and read first: what is counted is also part of the rest.
  bucket.store(bucket.load(relaxed) + 1, release);
}

void published_lags::add_to(lag_histogram& sum, std::int64_t oldest) const noexcept {
  auto const number = number_.load(acquire);
  if (number < 0 || number <= oldest) return;
  lag_histogram copy;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    copy.buckets_[i] = buckets_[i].load(acquire);
    copy.count_ += copy.buckets_[i];
  }
  copy.sum_ = sum_.load(acquire);
  copy.sum_of_squares_ = sum_of_squares_.load(acquire);
  copy.min_ = duration{min_.load(acquire)};
  copy.max_ = duration{max_.load(acquire)};
  if (number_.load(relaxed) == number) sum.merge(copy);
}

}  // namespace loopscope::loop
