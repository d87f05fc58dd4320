#pragma once

#include <cstdint>
#include <string_view>

namespace loopscope::model {

/// How functions are called.
enum class name_style : std::uint8_t {
  shortened,  ///< without parameter list, and most template arguments
  full,       ///< with both
};

/// Which frames of a stack are shown.
enum class frame_style : std::uint8_t {
  folded,  ///< plumbing between other code is one frame
  all,
};

/// How a profile is shown to people.
struct presentation {
  name_style names = name_style::shortened;
  frame_style frames = frame_style::folded;

  bool operator==(presentation const&) const = default;
};

/// The words for them, in options and parameters.
constexpr std::string_view to_text(name_style style) {
  return style == name_style::full ? "full" : "short";
}
constexpr std::string_view to_text(frame_style style) {
  return style == frame_style::all ? "all" : "folded";
}

/// Any other word is `short`.
constexpr name_style parse_name_style(std::string_view word) {
  return word == to_text(name_style::full) ? name_style::full : name_style::shortened;
}
/// Any other word is `folded`.
constexpr frame_style parse_frame_style(std::string_view word) {
  return word == to_text(frame_style::all) ? frame_style::all : frame_style::folded;
}

}  // namespace loopscope::model
