#include <loopscope/heap_graph/json_scanner_impl.hpp>

#include <limits>

namespace loopscope::heap_graph {

namespace {

constexpr std::size_t deepest = 1000;  // of what is skipped
constexpr std::uint32_t replacement = 0xFFFD;

constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_plain(char c) {
  return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
}

// What numbers and the three words consist of.
constexpr bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || c == 'E' || c == '+' || c == '-' || c == '.';
}

void append_utf8(std::string& to, std::uint32_t code) {
  auto const add = [&to](std::uint32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      add(0xE0 | code >> 12);
    } else {
      add(0xF0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3F));
    }
    add(0x80 | (code >> 6 & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

}  // namespace

// The first half of a surrogate pair, until what follows shows whether it is one.
struct json_scanner::half_pair {
  std::string* to;  // null: nothing is kept
  std::uint32_t high = 0;

  void add(std::uint32_t unit) {
    auto const is_low = unit >= 0xDC00 && unit < 0xE000;
    if (is_low && high != 0) {
      append(0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
      high = 0;
      return;
    }
    end();
    if (unit >= 0xD800 && unit < 0xDC00)
      high = unit;
    else
      append(is_low ? replacement : unit);
  }

  void end() {
    if (high != 0) append(replacement);
    high = 0;
  }

  void append(std::uint32_t code) const {
    if (to) append_utf8(*to, code);
  }
};

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the buffer is written before read
json_scanner::json_scanner(byte_source const& source) : source_{source} {
  buffer_[0] = '\0';
  at_ = end_ = buffer_.data();
}

void json_scanner::fail(std::string_view reason) {
  if (failed_) return;
  failed_ = true;
  auto const offset = before_ + static_cast<std::uint64_t>(at_ - buffer_.data());
  failure_ = {std::string{reason}, offset};
  buffer_[0] = '\0';
  at_ = end_ = buffer_.data();
}

// Only where all of the window has been taken.
bool json_scanner::refill() {
  if (failed_) return false;
  before_ += static_cast<std::uint64_t>(end_ - buffer_.data());
  auto const got = source_(std::span{buffer_}.first(window));
  buffer_[got] = '\0';
  at_ = buffer_.data();
  end_ = at_ + got;
  return got != 0;
}

char json_scanner::peek() {
  while (true) {
    while (is_space(*at_)) ++at_;
    if (*at_ != '\0' || at_ != end_ || !refill()) return *at_;
  }
}

void json_scanner::expect(char c) {
  auto const found = peek();
  if (found == c)
    ++at_;
  else if (found == '\0' && at_ == end_)
    fail("it ends early");
  else
    fail(std::string{"'"} + c + "' is missing");
}

void json_scanner::open(char bracket) {
  expect(bracket);
  first_ = true;
}

bool json_scanner::more(char closing_bracket) {
  if (peek() == closing_bracket) {
    ++at_;
    first_ = false;
    return false;
  }
  if (!first_) expect(',');
  first_ = false;
  return !failed_;
}

std::string json_scanner::key() {
  std::string name;
  text(name);
  expect(':');
  return failed_ ? std::string{} : name;
}

std::uint64_t json_scanner::natural() {
  constexpr auto limit = std::numeric_limits<std::uint64_t>::max();
  if (!is_digit(peek())) {
    fail("a number, whole and not negative, is missing");
    return 0;
  }
  std::uint64_t value = 0;
  do {
    for (; is_digit(*at_); ++at_) {
      auto const digit = static_cast<std::uint64_t>(*at_ - '0');
      if (value > limit / 10 || value * 10 > limit - digit) {
        fail("a number is too large");
        return 0;
      }
      value = value * 10 + digit;
    }
  } while (at_ == end_ && refill());
  if (is_word(*at_)) fail("a number is not whole");
  return failed_ ? 0 : value;
}

bool json_scanner::row(std::span<std::uint64_t> to) {
  if (!more(']')) return false;
  auto comma = false;
  for (auto& each : to) {
    if (comma) expect(',');
    comma = true;
    each = natural();
  }
  return !failed_;
}

void json_scanner::text(std::string& to) {
  to.clear();
  text_into(&to);
  if (failed_) to.clear();
}

void json_scanner::text_into(std::string* to) {
  half_pair half{to};
  expect('"');
  while (!failed_) {
    auto const* const begin = at_;
    while (is_plain(*at_)) ++at_;
    if (at_ != begin) half.end();
    if (to) to->append(begin, at_);
    if (at_ == end_) {
      if (!refill()) fail("it ends inside a string");
    } else if (*at_ == '"') {
      ++at_;
      return half.end();
    } else if (*at_ == '\\') {
      ++at_;
      take_escape(half);
    } else {
      fail("a control character inside a string");
    }
  }
}

char json_scanner::taken() {
  if (at_ == end_ && !refill()) {
    fail("it ends inside a string");
    return '\0';
  }
  return *at_++;
}

std::uint32_t json_scanner::code_unit() {
  constexpr std::string_view digits = "0123456789abcdef0123456789ABCDEF";
  std::uint32_t code = 0;
  for (auto i = 0; i < 4; ++i) {
    auto const digit = digits.find(taken());
    if (digit == std::string_view::npos) fail("four hexadecimal digits are missing");
    code = code << 4 | static_cast<std::uint32_t>(digit & 0xF);
  }
  return code;
}

void json_scanner::take_escape(half_pair& half) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  auto const letter = taken();
  if (letter == 'u') return half.add(code_unit());
  half.end();
  auto const known = letters.find(letter);
  if (known == std::string_view::npos) return fail("an unknown escape inside a string");
  if (half.to) half.to->push_back(meanings[known]);
}

// Brackets inside of it have to match; how the rest is ordered does not matter.
void json_scanner::skip_value() {
  std::string closing;
  do {
    auto const c = peek();
    if (c == '"') {
      text_into(nullptr);
    } else if (c == '{' || c == '[') {
      ++at_;
      closing.push_back(c == '{' ? '}' : ']');
      if (closing.size() > deepest) fail("nested too deeply");
    } else if (!closing.empty() && c == closing.back()) {
      ++at_;
      closing.pop_back();
    } else if (!closing.empty() && (c == ',' || c == ':')) {
      ++at_;
    } else {
      skip_word();
    }
  } while (!closing.empty() && !failed_);
  first_ = false;
}

void json_scanner::skip_word() {
  if (at_ == end_) return fail("it ends early");
  if (!is_word(*at_)) return fail("a value is missing");
  do {
    while (is_word(*at_)) ++at_;
  } while (at_ == end_ && refill());
}

void json_scanner::end() {
  if (peek() != '\0' || at_ != end_) fail("something follows the end");
}

}  // namespace loopscope::heap_graph
