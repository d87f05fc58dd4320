#pragma once

#include <string>
#include <string_view>

namespace loopscope::symbols {

/// Shortens a readable C++ name, see `short_name`. What cannot be understood is returned as it is.
/// \param place  where the function begins, as in `session.cpp:57`; empty if unknown.
std::string shorten(std::string_view readable, std::string_view place);

}  // namespace loopscope::symbols
