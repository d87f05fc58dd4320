#include <loopscope/formats/sample_time_impl.hpp>

#include <algorithm>

namespace loopscope::formats {

namespace {

std::uint64_t period_ns(model::symbolized_profile const& profile) {
  return std::max(std::uint64_t{1}, static_cast<std::uint64_t>(profile.period.count()));
}

}  // namespace

std::vector<std::uint64_t> periods_of(model::symbolized_profile const& profile) {
  std::vector<std::uint64_t> periods;
  if (profile.samples.empty()) return periods;
  periods.reserve(profile.samples.size());
  auto const period = period_ns(profile);
  auto const first = profile.samples.front().time_ns;
  // The timer ticks in the middle of a period, or at its end.
  auto const whole = (first - profile.start_ns) / period;
  auto const rest = (first - profile.start_ns) % period;
  auto const until_first = std::max(std::uint64_t{1}, whole + (rest >= period - rest ? 1 : 0));
  std::uint64_t counted = 0;
  for (auto const& sample : profile.samples) {
    // A tick is delivered less than a period late, or the next one falls together with it. So this
    // is the number of ticks until now or, should the first have been later than this one, one
    // less.
    auto const due = until_first + (sample.time_ns - first) / period;
    periods.push_back(due > counted ? due - counted : 1);
    counted += periods.back();
  }
  // The latest tick may still have been on its way.
  auto const left = (profile.end_ns - profile.samples.back().time_ns) / period;
  if (left > 1) periods.back() += left - 1;
  return periods;
}

std::vector<std::uint64_t> begins_of(model::symbolized_profile const& profile) {
  std::vector<std::uint64_t> begins;
  begins.reserve(profile.samples.size());
  auto const half = period_ns(profile) / 2;
  auto before = profile.start_ns;
  for (auto const& sample : profile.samples) {
    auto const elapsed = sample.time_ns - before;
    begins.push_back(begins.empty() ? before : before + std::min(half, elapsed));
    before = sample.time_ns;
  }
  return begins;
}

}  // namespace loopscope::formats
