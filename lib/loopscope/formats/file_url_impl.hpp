#pragma once

#include <string>
#include <string_view>

namespace loopscope::formats {

/// The `file:` URL of an absolute path, empty for any other: there is no telling where that file
/// is. RFC 8089.
std::string file_url(std::string_view path);

}  // namespace loopscope::formats
