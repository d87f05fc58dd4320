#include <loopscope/base/json_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace loopscope {

namespace {

constexpr std::size_t typical_size = 512;

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits{};
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  auto const has_to_be_escaped = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
  };
  out += '"';
  while (true) {
    auto const odd = std::find_if(text.begin(), text.end(), has_to_be_escaped);
    out.append(text.data(), static_cast<std::size_t>(odd - text.begin()));
    if (odd == text.end()) break;
    if (*odd == '"' || *odd == '\\') {
      out += '\\';
      out += *odd;
    } else {
      auto const byte = static_cast<unsigned char>(*odd);
      out.append("\\u00");
      out += digits[byte >> 4];
      out += digits[byte & 0xf];
    }
    text.remove_prefix(static_cast<std::size_t>(odd - text.begin()) + 1);
  }
  out += '"';
}

void json_text::begin(std::string_view key) {
  if (text_.empty()) text_.reserve(typical_size);
  text_.append(text_.empty() ? "{\"" : ",\"").append(key).append("\":");
}

json_text& json_text::add(std::string_view key, std::string_view value) {
  begin(key);
  append_json_string(text_, value);
  return *this;
}

json_text& json_text::add(std::string_view key, double value) {
  if (!std::isfinite(value)) return add_json(key, "null");
  begin(key);
  append_number(text_, value);
  return *this;
}

json_text& json_text::add_integer(std::string_view key, std::int64_t value) {
  begin(key);
  append_number(text_, value);
  return *this;
}

json_text& json_text::add_natural(std::string_view key, std::uint64_t value) {
  begin(key);
  append_number(text_, value);
  return *this;
}

json_text& json_text::add_json(std::string_view key, std::string_view value) {
  begin(key);
  text_.append(value);
  return *this;
}

std::string json_text::finish() {
  text_.append(text_.empty() ? "{}" : "}");
  return std::move(text_);
}

}  // namespace loopscope
