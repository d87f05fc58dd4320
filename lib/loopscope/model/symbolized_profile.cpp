#include <loopscope/model/symbolized_profile.hpp>

#include <algorithm>
#include <map>
#include <string_view>

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

std::vector<unresolved_module> unresolved_modules(symbolized_profile const& profile) {
  std::map<std::string_view, std::uint64_t> counts;
  std::uint64_t frames = 0;
  for (auto const& sample : profile.samples) {
    auto const& at = profile.stacks[sample.stack].locations;
    frames += at.size();
    for (auto const index : at) {
      auto const& location = profile.locations[index];
      if (location.named) continue;
      auto const is_in_file = location.module != code_location::no_module;
      if (is_in_file && profile.modules[location.module].is_changed) continue;
      ++counts[is_in_file ? std::string_view{profile.modules[location.module].path} : ""];
    }
  }
  std::vector<unresolved_module> found;
  found.reserve(counts.size());
  for (auto const& [path, count] : counts)
    found.push_back({std::string{path}, static_cast<double>(count) / static_cast<double>(frames)});
  std::stable_sort(found.begin(), found.end(),
                   [](auto const& a, auto const& b) { return a.share > b.share; });
  return found;
}

}  // namespace loopscope::model
