#include <loopscope/base/utf8.hpp>

#include <algorithm>
#include <array>

namespace loopscope {

namespace {

struct byte_range {
  unsigned char first;
  unsigned char last;

  [[nodiscard]] bool holds(char c) const noexcept {
    auto const byte = static_cast<unsigned char>(c);
    return byte >= first && byte <= last;
  }
};

// The bytes that may start a character, and those that may come second.
struct sequence {
  byte_range lead;
  byte_range second;
  std::size_t length;
};
constexpr byte_range trail{0x80, 0xBF};
constexpr std::array<sequence, 9> sequences{{
    {{0x00, 0x7F}, trail, 1},
    {{0xC2, 0xDF}, trail, 2},
    {{0xE0, 0xE0}, {0xA0, 0xBF}, 3},
    {{0xE1, 0xEC}, trail, 3},
    {{0xED, 0xED}, {0x80, 0x9F}, 3},
    {{0xEE, 0xEF}, trail, 3},
    {{0xF0, 0xF0}, {0x90, 0xBF}, 4},
    {{0xF1, 0xF3}, trail, 4},
    {{0xF4, 0xF4}, {0x80, 0x8F}, 4},
}};

bool is_ascii(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x80;
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  auto const starts = [&](sequence const& s) { return s.lead.holds(text.front()); };
  auto const found = std::find_if(sequences.begin(), sequences.end(), starts);
  if (found == sequences.end() || found->length > text.size()) return 0;
  for (std::size_t i = 1; i < found->length; ++i)
    if (!(i == 1 ? found->second : trail).holds(text[i])) return 0;
  return found->length;
}

std::string to_utf8(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_ascii)) return std::string{text};
  std::string valid;
  while (!text.empty()) {
    auto const length = utf8_length(text);
    valid += length == 0 ? utf8_replacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return valid;
}

}  // namespace loopscope
