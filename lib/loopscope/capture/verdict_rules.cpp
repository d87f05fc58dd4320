#include <loopscope/capture/verdict_rules_impl.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace loopscope::capture {

using model::verdict;

char const* to_text(verdict of) noexcept {
  switch (of) {
    case verdict::good:
      return "good";
    case verdict::usable:
      return "usable";
    case verdict::misleading:
      break;
  }
  return "misleading";
}

std::string percent(double share) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), share < 0.1 ? "%.1f %%" : "%.0f %%", share * 100);
  return text.data();
}

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

verdict level(double share, doubt limits) {
  if (share >= limits.misleading) return verdict::misleading;
  return share >= limits.usable ? verdict::usable : verdict::good;
}

verdict level_below(double figure, doubt limits) {
  if (figure < limits.misleading) return verdict::misleading;
  return figure < limits.usable ? verdict::usable : verdict::good;
}

void findings::add(verdict found, std::string warning) {
  if (found == verdict::good) return;
  raise(found);
  all_.warnings.push_back(std::move(warning));
}

void findings::raise(verdict found) {
  all_.verdict = std::max(all_.verdict, found);
}

judgement findings::take() {
  return std::move(all_);
}

void judge_files(std::vector<std::string> const& changed_modules,
                 std::vector<std::string> const& notes, findings& to) {
  for (auto const& path : changed_modules)
    to.add(verdict::usable, "The code of " + path +
                                " has no names: that file was replaced or deleted after it was "
                                "loaded, or cannot be read. Restart the service.");
  for (auto const& note : notes) to.add(verdict::usable, note);
}

}  // namespace loopscope::capture
