#pragma once

#include <loopscope/model/symbolized_profile.hpp>

#include <string_view>

namespace loopscope::symbols {

/// Whether a function is plumbing, by its short name. What runs a loop, `io_context::run` and its
/// like, is none: it is where the work of a service begins. \thread any
model::plumbing plumbing_of(std::string_view short_name);

}  // namespace loopscope::symbols
