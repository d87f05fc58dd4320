#include <loopscope/model/memory_map.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace loopscope::model {

namespace {

constexpr std::string_view blanks = " \t";

// Takes the first of the fields, and the delimiter behind it, off the front of a line.
std::string_view take_field(std::string_view& line, std::string_view delimiters = blanks) {
  auto const end = std::min(line.find_first_of(delimiters), line.size());
  auto const field = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return field;
}

bool parse_number(std::string_view text, std::uint64_t& value, int base) {
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc{} && stop == end;
}

// `7f00-7fff r-xp 00001000 fe:00 1234      /path with blanks`
std::optional<mapping> parse_line(std::string_view line) {
  mapping found;
  auto const start = take_field(line, "-");
  auto const end = take_field(line);
  auto const permissions = take_field(line);
  auto const offset = take_field(line);
  auto const device = take_field(line);
  auto const inode = take_field(line);
  auto const numbers = parse_number(start, found.start, 16) && parse_number(end, found.end, 16) &&
                       parse_number(offset, found.offset, 16) &&
                       parse_number(inode, found.inode, 10);
  auto const complete = permissions.size() == 4 && !device.empty();
  if (!numbers || !complete || found.end <= found.start) return std::nullopt;
  found.readable = permissions[0] == 'r';
  found.writable = permissions[1] == 'w';
  found.executable = permissions[2] == 'x';
  found.device = device;
  found.path = line.substr(std::min(line.find_first_not_of(blanks), line.size()));
  return found;
}

}  // namespace

result<std::vector<mapping>> parse_maps(std::string_view text) {
  std::vector<mapping> maps;
  while (!text.empty()) {
    auto parsed = parse_line(take_field(text, "\n"));
    if (!parsed || (!maps.empty() && parsed->start < maps.back().end)) return errc::raw_malformed;
    maps.push_back(std::move(*parsed));
  }
  return maps;
}

mapping const* find_mapping(std::span<mapping const> maps, std::uint64_t address) {
  auto const ends_after = [](std::uint64_t value, mapping const& m) { return value < m.end; };
  auto const at = std::upper_bound(maps.begin(), maps.end(), address, ends_after);
  return at != maps.end() && at->start <= address ? &*at : nullptr;
}

}  // namespace loopscope::model
