#include <loopscope/base/duration.hpp>
#include <loopscope/base/parse_integer.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace loopscope {

namespace {

using namespace std::chrono_literals;

struct unit {
  std::string_view suffix;
  std::chrono::milliseconds length;
};

// Largest first: to_text takes the first that divides.
constexpr std::array units{unit{"h", 1h}, unit{"m", 1min}, unit{"s", 1s}, unit{"ms", 1ms}};
constexpr std::chrono::milliseconds longest = 24h * 3650;

}  // namespace

result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto const digits = text.find_first_not_of("0123456789");
  if (digits == std::string_view::npos) return errc::invalid_argument;
  auto const count = parse_integer<std::int64_t>(text.substr(0, digits));
  if (!count) return count.error();
  auto const suffix = text.substr(digits);
  for (auto const& [name, length] : units) {
    if (suffix != name) continue;
    if (*count > longest / length) return errc::invalid_argument;
    return *count * length;
  }
  return errc::invalid_argument;
}

std::string to_text(std::chrono::milliseconds duration) {
  if (duration == 0ms) return "0s";
  auto const fits = [&](unit const& u) { return duration % u.length == 0ms; };
  auto const& [suffix, length] = *std::find_if(units.begin(), units.end(), fits);
  return std::to_string(duration / length).append(suffix);
}

}  // namespace loopscope
