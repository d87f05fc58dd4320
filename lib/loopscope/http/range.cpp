#include <loopscope/base/parse_integer.hpp>
#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/range.hpp>

#include <algorithm>
#include <cstdint>
#include <variant>

namespace loopscope::http {

namespace {

struct malformed {};
struct unsatisfiable {};
using parsed_range = std::variant<byte_range, unsatisfiable, malformed>;

std::optional<std::uint64_t> position(std::string_view digits) {
  auto const value = parse_integer<std::uint64_t>(digits);
  if (value) return *value;
  // More digits than 64 bits hold are a valid position beyond every end.
  if (!digits.empty() && std::all_of(digits.begin(), digits.end(), is_digit)) return UINT64_MAX;
  return std::nullopt;
}

parsed_range parse_one(std::string_view spec, byte_count size) {
  auto const dash = spec.find('-');
  if (dash == std::string_view::npos) return malformed{};

  if (dash == 0) {
    auto const suffix = position(spec.substr(1));
    if (!suffix) return malformed{};
    if (*suffix == 0 || size.value == 0) return unsatisfiable{};
    return byte_range{{size.value - std::min(*suffix, size.value)}, size};
  }

  auto const first = position(spec.substr(0, dash));
  auto const open_end = dash + 1 == spec.size();
  auto const last = open_end ? std::optional{UINT64_MAX} : position(spec.substr(dash + 1));
  if (!first || !last || *last < *first) return malformed{};
  if (*first >= size.value) return unsatisfiable{};
  return byte_range{{*first}, {std::min(*last, size.value - 1) + 1}};
}

}  // namespace

result<std::optional<byte_range>> parse_range(std::string_view header, byte_count size) {
  constexpr std::string_view unit = "bytes=";
  auto const whole = std::optional<byte_range>{};
  if (!iequals(header.substr(0, unit.size()), unit)) return whole;
  std::optional<byte_range> wanted;
  std::size_t asked = 0;
  std::size_t satisfiable = 0;
  bool is_malformed = false;
  for_each_element(header.substr(unit.size()), [&](std::string_view spec) {
    ++asked;
    auto const parsed = parse_one(spec, size);
    is_malformed = is_malformed || std::holds_alternative<malformed>(parsed);
    if (auto const* range = std::get_if<byte_range>(&parsed)) {
      ++satisfiable;
      wanted = *range;
    }
  });
  if (is_malformed || asked == 0 || satisfiable > 1) return whole;
  if (satisfiable == 0) return errc::range_unsatisfiable;
  return wanted;
}

std::string content_range(byte_range range, byte_count size) {
  return "bytes " + std::to_string(range.begin.value) + '-' + std::to_string(range.end.value - 1) +
         '/' + std::to_string(size.value);
}

}  // namespace loopscope::http
