#pragma once

#include <string>
#include <string_view>

namespace loopscope::formats {

/// The `file:` URL of a path, empty for an empty one. RFC 8089.
std::string file_url(std::string_view path);

}  // namespace loopscope::formats
