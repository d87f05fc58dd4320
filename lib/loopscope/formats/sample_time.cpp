#include <loopscope/formats/sample_time_impl.hpp>

#include <algorithm>

namespace loopscope::formats {

std::vector<std::uint64_t> periods_of(model::symbolized_profile const& profile) {
  std::vector<std::uint64_t> periods;
  if (profile.samples.empty()) return periods;
  periods.reserve(profile.samples.size());
  auto const period =
      std::max(std::uint64_t{1}, static_cast<std::uint64_t>(profile.period.count()));
  auto before = profile.start_ns;
  for (auto const& sample : profile.samples) {
    // A tick is delivered less than a period late, or the next one falls together with it. So the
    // time between two samples is less than one period more than the ticks account for, unless
    // there were others in between.
    auto const elapsed = (sample.time_ns - before) / period;
    periods.push_back(std::max(std::uint64_t{1} + sample.overruns, elapsed));
    before = sample.time_ns;
  }
  // The latest tick may still have been on its way.
  if (auto const left = (profile.end_ns - before) / period; left > 1) periods.back() += left - 1;
  return periods;
}

std::vector<std::uint64_t> begins_of(model::symbolized_profile const& profile) {
  std::vector<std::uint64_t> begins;
  begins.reserve(profile.samples.size());
  auto const half = static_cast<std::uint64_t>(profile.period.count()) / 2;
  auto before = profile.start_ns;
  for (auto const& sample : profile.samples) {
    auto const elapsed = sample.time_ns - before;
    begins.push_back(begins.empty() ? before : before + std::min(half, elapsed));
    before = sample.time_ns;
  }
  return begins;
}

}  // namespace loopscope::formats
