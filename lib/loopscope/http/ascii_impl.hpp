#pragma once

#include <algorithm>
#include <string_view>

namespace loopscope::http {

/// Whether two texts are the same but for the case of ASCII letters.
///
/// Beast 1.81 has an `iequals` too, which reads one byte behind texts that differ in case.
inline bool iequals(std::string_view one, std::string_view other) noexcept {
  auto const lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace loopscope::http
