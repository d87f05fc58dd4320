#pragma once

#include <string_view>

namespace loopscope {

/// The library's version, as in CMake's `project(VERSION)`.
std::string_view version() noexcept;

}  // namespace loopscope
