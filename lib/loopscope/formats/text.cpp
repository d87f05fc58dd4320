#include <loopscope/formats/text_impl.hpp>

#include <boost/url/encode.hpp>
#include <boost/url/grammar/lut_chars.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace loopscope::formats {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view digits = "0123456789ABCDEF";
constexpr auto url_path_chars =
    boost::urls::unreserved_chars + boost::urls::grammar::lut_chars{"/+"};

struct byte_range {
  unsigned char first;
  unsigned char last;
};

// The bytes that may start a character, and those that may come second; table 3-7 of Unicode 15.
struct sequence {
  byte_range lead;
  byte_range second;
  std::size_t length;
};
constexpr std::array<sequence, 9> sequences{{
    {{0x00, 0x7F}, {0x80, 0xBF}, 1},
    {{0xC2, 0xDF}, {0x80, 0xBF}, 2},
    {{0xE0, 0xE0}, {0xA0, 0xBF}, 3},
    {{0xE1, 0xEC}, {0x80, 0xBF}, 3},
    {{0xED, 0xED}, {0x80, 0x9F}, 3},
    {{0xEE, 0xEF}, {0x80, 0xBF}, 3},
    {{0xF0, 0xF0}, {0x90, 0xBF}, 4},
    {{0xF1, 0xF3}, {0x80, 0xBF}, 4},
    {{0xF4, 0xF4}, {0x80, 0x8F}, 4},
}};

bool in(byte_range range, char c) {
  auto const byte = static_cast<unsigned char>(c);
  return byte >= range.first && byte <= range.last;
}

// The bytes of the character at the front, 0 if there is none.
std::size_t character_length(std::string_view text) {
  auto const starts = [&](sequence const& s) { return in(s.lead, text.front()); };
  auto const found = std::find_if(sequences.begin(), sequences.end(), starts);
  if (found == sequences.end() || found->length > text.size()) return 0;
  for (std::size_t i = 1; i < found->length; ++i)
    if (!in(i == 1 ? found->second : byte_range{0x80, 0xBF}, text[i])) return 0;
  return found->length;
}

void append_hex(std::string& to, char c) {
  auto const byte = static_cast<unsigned char>(c);
  to += digits[byte >> 4];
  to += digits[byte & 0xF];
}

}  // namespace

std::string to_utf8(std::string_view text) {
  auto const is_ascii = [](char c) { return in({0x00, 0x7F}, c); };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return std::string{text};
  std::string valid;
  while (!text.empty()) {
    auto const length = character_length(text);
    valid += length == 0 ? replacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return valid;
}

std::string json_string(std::string_view text) {
  std::string quoted{'"'};
  for (auto const c : to_utf8(text)) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (in({0x00, 0x1F}, c)) {
      quoted += "\\u00";
      append_hex(quoted, c);
    } else {
      quoted += c;
    }
  }
  return quoted += '"';
}

std::string file_url(std::string_view path) {
  if (path.empty()) return {};
  auto const* const root = path.front() == '/' ? "file://" : "file:///";
  return root + boost::urls::encode(path, url_path_chars);
}

}  // namespace loopscope::formats
