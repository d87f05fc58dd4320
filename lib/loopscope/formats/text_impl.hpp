#pragma once

#include <string>
#include <string_view>

namespace loopscope::formats {

/// `text` with U+FFFD for every byte that is not part of well-formed UTF-8.
std::string to_utf8(std::string_view text);

/// A JSON string, with its quotes. RFC 8259 section 7.
std::string json_string(std::string_view text);

/// The `file:` URL of a path, empty for an empty one. RFC 8089.
std::string file_url(std::string_view path);

}  // namespace loopscope::formats
