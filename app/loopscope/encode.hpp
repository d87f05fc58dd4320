#pragma once

#include "arguments.hpp"

#include <iosfwd>

namespace loopscope::tool {

/// Encodes a raw capture: all files, or none of them. Prints the JSON line to `out`, and to `notes`
/// a line for each format that the capture cannot give, and each file that names nothing any more.
/// \throws exception  with a line that names the file and the reason.
void encode(encode_arguments const& asked, std::ostream& out, std::ostream& notes);

}  // namespace loopscope::tool
