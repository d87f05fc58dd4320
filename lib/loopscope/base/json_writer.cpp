#include <loopscope/base/json_writer.hpp>
#include <loopscope/base/utf8.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace loopscope {

namespace {

// A byte that stands for itself in every encoding.
bool is_plain(char c) noexcept {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

constexpr std::uint64_t in_each_byte(unsigned char value) {
  return std::uint64_t{0x0101010101010101} * value;
}

// The high bit of each byte that is zero is set, perhaps also of one behind it.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - in_each_byte(1)) & ~word & in_each_byte(0x80);
}

// How many bytes at the front are plain: eight at a time, for nearly all are.
std::size_t plain_length(std::string_view text) noexcept {
  std::size_t at = 0;
  for (std::uint64_t word = 0; text.size() - at >= sizeof word; at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    auto const below_space = (word - in_each_byte(0x20)) & ~word & in_each_byte(0x80);
    auto const above_tilde = (word + in_each_byte(0x01)) | word;
    auto const quotes =
        zero_bytes(word ^ in_each_byte('"')) | zero_bytes(word ^ in_each_byte('\\'));
    if (((below_space | above_tilde | quotes) & in_each_byte(0x80)) != 0) break;
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
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
    auto const count = plain_length(text);
    out_.append(text.data(), count);
    text.remove_prefix(count);
    if (text.empty()) break;
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
