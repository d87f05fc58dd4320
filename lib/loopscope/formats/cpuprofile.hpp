#pragma once

#include <loopscope/model/symbolized_profile.hpp>

#include <iosfwd>

namespace loopscope::formats {

/// Writes `.cpuprofile`, as Chrome DevTools, Speedscope and VS Code read it: JSON, times in
/// microseconds. What it means is said at `call_tree`: one node per function and caller, samples of
/// the waiting loop at `(idle)`. A lost timer tick makes the time between two samples longer.
/// Errors show in the stream's state. Memory: the call tree.
/// Source: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
void write_cpuprofile(std::ostream& to, model::symbolized_profile const& profile);

}  // namespace loopscope::formats
