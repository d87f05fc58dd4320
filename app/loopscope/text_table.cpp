#include "text_table.hpp"

#include <loopscope/base/utf8.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <ostream>

namespace loopscope::tool {

namespace {

// With one digit behind the point, the last one rounded half up.
std::string tenths_text(std::uint64_t tenths) {
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string sign_of(std::int64_t number) {
  return number < 0 ? "-" : number > 0 ? "+" : "";
}

std::uint64_t magnitude_of(std::int64_t number) {
  auto const bits = static_cast<std::uint64_t>(number);
  return number < 0 ? 0 - bits : bits;
}

// C0, DEL and C1, which begins with the byte C2 in UTF-8.
bool is_control(std::string_view character) {
  auto const byte = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  return character.size() == 2 && byte(0) == 0xC2 && byte(1) < 0xA0;
}

}  // namespace

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<char const*, 6> units{" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  std::size_t unit = 0;
  auto shift = 10U;
  auto const rounded = [bytes, &shift] {
    auto const whole = bytes >> shift;
    auto const rest = (bytes & ((std::uint64_t{1} << shift) - 1)) >> (shift - 10);  // of 1024
    return whole * 10 + (rest * 10 + 512) / 1024;
  };
  while (unit + 1 < units.size() && rounded() >= 10240) {
    ++unit;
    shift += 10;
  }
  return tenths_text(rounded()) + units[unit];
}

std::string signed_size_text(std::int64_t bytes) {
  return sign_of(bytes) + size_text(magnitude_of(bytes));
}

std::string signed_text(std::int64_t number) {
  return sign_of(number) + std::to_string(magnitude_of(number));
}

std::string percent_text(double share) {
  return tenths_text(static_cast<std::uint64_t>(std::llround(share * 1000))) + " %";
}

std::string printable(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    auto const length = utf8_length(text);
    auto const character = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0 || is_control(character))
      shown += utf8_replacement;
    else
      shown += character;
    text.remove_prefix(character.size());
  }
  return shown;
}

void write_table(std::ostream& out, text_table const& table) {
  auto const columns = table.front().size();
  std::vector<std::size_t> widths(columns);
  for (auto const& row : table)
    for (std::size_t i = 0; i + 1 < columns; ++i) widths[i] = std::max(widths[i], row[i].size());
  for (auto const& row : table) {
    for (std::size_t i = 0; i + 1 < columns; ++i)
      out << std::string(widths[i] - row[i].size(), ' ') << row[i] << "  ";
    out << row.back() << '\n';
  }
}

}  // namespace loopscope::tool
