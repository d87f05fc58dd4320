#pragma once

#include <loopscope/base/result.hpp>

#include <charconv>
#include <string_view>
#include <system_error>

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

}  // namespace loopscope
