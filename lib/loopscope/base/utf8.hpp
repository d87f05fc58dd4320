#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace loopscope {

/// The bytes of the UTF-8 character that `text` begins with; 0 if it begins with none.
/// Source: The Unicode Standard 15, table 3-7.
std::size_t utf8_length(std::string_view text) noexcept;

/// `text` with U+FFFD for every byte that is not part of well-formed UTF-8.
std::string to_utf8(std::string_view text);

/// U+FFFD, the replacement character, in UTF-8.
inline constexpr std::string_view utf8_replacement = "\xEF\xBF\xBD";

}  // namespace loopscope
