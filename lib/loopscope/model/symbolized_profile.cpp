#include <loopscope/model/symbolized_profile.hpp>

#include <algorithm>

namespace loopscope::model {

name_coverage coverage_of(symbolized_profile const& profile) {
  std::vector<std::uint64_t> unresolved;  // by stack
  unresolved.reserve(profile.stacks.size());
  for (auto const& stack : profile.stacks) {
    auto const nameless = [&](std::uint32_t at) { return !profile.locations[at].named; };
    auto const count = std::count_if(stack.locations.begin(), stack.locations.end(), nameless);
    unresolved.push_back(static_cast<std::uint64_t>(count));
  }
  name_coverage sum;
  for (auto const& sample : profile.samples) {
    auto const& stack = profile.stacks[sample.stack];
    ++sum.samples;
    sum.idle += stack.idle ? 1 : 0;
    sum.frames += stack.locations.size();
    sum.unresolved += unresolved[sample.stack];
  }
  return sum;
}

}  // namespace loopscope::model
