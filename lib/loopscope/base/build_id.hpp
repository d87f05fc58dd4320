#pragma once

#include <string>
#include <string_view>

namespace loopscope {

/// The library's version, as in CMake's `project(VERSION)`.
std::string_view version() noexcept;

/// The GNU build id of the running executable in hexadecimal, empty if it was linked without one.
/// It names the exact binary that a profile belongs to. \thread any
std::string const& executable_build_id();

}  // namespace loopscope
