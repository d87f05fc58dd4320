#pragma once

#include <loopscope/model/presentation.hpp>
#include <loopscope/model/symbolized_profile.hpp>

#include <cstdint>
#include <vector>

namespace loopscope::formats {

/// A call as it is shown: a function, or a run of plumbing that stands for several.
struct shown_frame {
  std::uint32_t function = 0;                      ///< of the tables; if it is no plumbing
  model::plumbing folded = model::plumbing::none;  ///< what the run is of
  std::uint32_t line = 0;                          ///< of the call, where it is a function

  bool operator==(shown_frame const&) const = default;
};

/// The calls of a stack, inlined ones too, outermost first.
///
/// Folded, a run of plumbing between two frames of other code is one frame. It is of the library
/// that the run enters first; what is of the standard library counts only if nothing else is there.
/// A run at either end of the stack stays: the innermost frame is where the time was spent.
/// O(calls)
std::vector<shown_frame> shown_frames(model::code_tables const& code,
                                      model::code_stack const& stack, model::frame_style style);

}  // namespace loopscope::formats
