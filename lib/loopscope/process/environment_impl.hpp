#pragma once

#include <string>
#include <vector>

namespace loopscope::process {

/// The variables of our environment that a child gets: what a tool needs to run, and those named in
/// `also`. A list of what is allowed, since no list has every name that holds a secret.
/// \return  borrowed from `environ`, with the null at the end that exec expects.
/// \thread any, while no other changes the environment
std::vector<char*> allowed_environment(std::vector<std::string> const& also);

}  // namespace loopscope::process
