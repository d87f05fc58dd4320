#pragma once

#include <loopscope/base/result.hpp>

#include <charconv>
#include <chrono>
#include <string>
#include <string_view>

namespace loopscope {

/// The whole of `text` as a decimal integer: digits, for signed types a leading minus.
/// \return errc::invalid_argument  empty, any other character, or it does not fit into `Integer`.
template <class Integer>
result<Integer> parse_integer(std::string_view text) {
  Integer value{};
  auto const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || text.empty()) return errc::invalid_argument;
  return value;
}

/// A duration written as digits and one unit of `ms s m h`: `250ms`, `10s`, `24h`.
/// \return errc::invalid_argument  anything else, or more than 10 years.
result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest text that `parse_duration` reads back: `90s`, `24h`, `1500ms`.
std::string to_text(std::chrono::milliseconds duration);

}  // namespace loopscope
