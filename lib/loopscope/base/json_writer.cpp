#include <loopscope/base/json_writer.hpp>
#include <loopscope/base/utf8.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace loopscope {

namespace {

// The bytes that stand for themselves in every encoding.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0x20; byte < 0x7f; ++byte) table[byte] = byte != '"' && byte != '\\';
  return table;
}();

bool is_plain(char c) noexcept {
  return plain[static_cast<unsigned char>(c)];
}

void append_escaped(std::string& out, char c) {
  static constexpr char digits[] = "0123456789abcdef";
  auto const byte = static_cast<unsigned char>(c);
  out.append("\\u00");
  out += digits[byte >> 4];
  out += digits[byte & 0xf];
}

template <class Number>
void append_number(std::string& out, Number value) {
  std::array<char, 32> digits{};
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void json_writer::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

json_writer& json_writer::begin(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}

json_writer& json_writer::end(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  value(name);
  out_ += ':';
  first_ = true;
  return *this;
}

json_writer& json_writer::value(std::string_view text) {
  separate();
  append_string(text);
  return *this;
}

json_writer& json_writer::value(double number) {
  if (!std::isfinite(number)) return json("null");
  separate();
  append_number(out_, number);
  return *this;
}

json_writer& json_writer::integer(std::int64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

json_writer& json_writer::natural(std::uint64_t number) {
  separate();
  append_number(out_, number);
  return *this;
}

json_writer& json_writer::json(std::string_view written) {
  separate();
  out_ += written;
  return *this;
}

void json_writer::append_string(std::string_view text) {
  out_ += '"';
  while (true) {
    auto const odd = std::find_if_not(text.begin(), text.end(), is_plain);
    auto const count = static_cast<std::size_t>(odd - text.begin());
    out_.append(text.data(), count);
    if (odd == text.end()) break;
    text.remove_prefix(count);
    auto const c = text.front();
    auto taken = std::size_t{1};
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (encoding_ == encoding::ascii || (c >= 0 && c < 0x20)) {
      append_escaped(out_, c);
    } else if (auto const length = utf8_length(text); length > 0) {
      out_.append(text.data(), length);
      taken = length;
    } else {
      out_ += utf8_replacement;
    }
    text.remove_prefix(taken);
  }
  out_ += '"';
}

}  // namespace loopscope
