#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::tool {

/// `512 B`, `1.5 KiB`, `64.0 MiB`: never more than 1023.9 of anything but the largest unit.
std::string size_text(std::uint64_t bytes);

/// A change, with its sign: `+64.0 MiB`, `-3`, `0`.
std::string signed_size_text(std::int64_t bytes);
std::string signed_text(std::int64_t number);

/// A share from 0 to 1: `12.3 %`.
std::string percent_text(double share);

/// Text from a file as a terminal may show it: in one line, without control characters.
std::string printable(std::string_view text);

/// Rows of as many cells as the first one, which has the titles.
using text_table = std::vector<std::vector<std::string>>;

/// Writes the columns aligned to the right, but the last one to the left. Their cells are ASCII but
/// in that one.
void write_table(std::ostream& out, text_table const& table);

}  // namespace loopscope::tool
