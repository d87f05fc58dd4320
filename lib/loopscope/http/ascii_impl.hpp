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

inline bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

inline bool is_alphanumeric(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// A character of names in HTTP (RFC 9110 section 5.6.2, tchar).
inline bool is_token_char(char c) noexcept {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return is_alphanumeric(c) || (c != '\0' && others.find(c) != std::string_view::npos);
}

/// A byte that no text in HTTP may have: all controls but the tab. Bytes from 0x80 on are obs-text.
inline bool is_control(char c) noexcept {
  auto const byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

inline bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

/// The text without the blanks around it.
inline std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Calls `f` with each element of a comma-separated list, trimmed; empty ones are left out, as
/// RFC 9110 section 5.6.1 has it. No element may have a comma in quotes.
template <class F>  // F: (std::string_view) -> void
void for_each_element(std::string_view list, F f) {
  while (!list.empty()) {
    auto const comma = std::min(list.find(','), list.size());
    if (auto const element = trimmed(list.substr(0, comma)); !element.empty()) f(element);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

}  // namespace loopscope::http
