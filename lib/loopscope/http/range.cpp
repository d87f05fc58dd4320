#include <loopscope/base/parse_integer.hpp>
#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/range.hpp>

#include <algorithm>
#include <cstdint>

namespace loopscope::http {

namespace {

std::optional<std::uint64_t> position(std::string_view digits) {
  auto const value = parse_integer<std::uint64_t>(digits);
  if (value) return *value;
  // More digits than 64 bits hold are a valid position beyond every end.
  if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos)
    return UINT64_MAX;
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  auto const begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  auto const last = text.find_last_not_of(" \t");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

result<std::optional<byte_range>> parse_range(std::string_view header, byte_count size) {
  constexpr std::string_view unit = "bytes=";
  auto const whole = std::optional<byte_range>{};
  if (!iequals(header.substr(0, unit.size()), unit)) return whole;
  auto const spec = trimmed(header.substr(unit.size()));
  if (spec.find(',') != std::string_view::npos) return errc::range_unsatisfiable;
  auto const dash = spec.find('-');
  if (dash == std::string_view::npos) return whole;

  if (dash == 0) {
    auto const suffix = position(spec.substr(1));
    if (!suffix) return whole;
    if (*suffix == 0 || size.value == 0) return errc::range_unsatisfiable;
    auto const length = std::min(*suffix, size.value);
    return std::optional{byte_range{{size.value - length}, size}};
  }

  auto const first = position(spec.substr(0, dash));
  auto const open_end = dash + 1 == spec.size();
  auto const last = open_end ? std::optional{UINT64_MAX} : position(spec.substr(dash + 1));
  if (!first || !last || *last < *first) return whole;
  if (*first >= size.value) return errc::range_unsatisfiable;
  return std::optional{byte_range{{*first}, {std::min(*last, size.value - 1) + 1}}};
}

std::string content_range(byte_range range, byte_count size) {
  return "bytes " + std::to_string(range.begin.value) + '-' + std::to_string(range.end.value - 1) +
         '/' + std::to_string(size.value);
}

}  // namespace loopscope::http
