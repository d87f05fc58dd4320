#pragma once

#include <string>
#include <string_view>

namespace loopscope::symbols {

/// The C++ name of a linker's name, with its parameters; anything else as it is. \thread any
std::string demangle(std::string_view name);

}  // namespace loopscope::symbols
