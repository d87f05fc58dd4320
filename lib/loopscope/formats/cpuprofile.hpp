#pragma once

#include <loopscope/model/presentation.hpp>
#include <loopscope/model/symbolized_profile.hpp>

#include <iosfwd>

namespace loopscope::formats {

/// Writes `.cpuprofile`, as Chrome DevTools, Speedscope and VS Code read it: JSON, times in
/// microseconds. What it means is said at `call_tree`: one node per function and caller, samples of
/// the waiting loop at `(idle)`.
///
/// Viewers show a sample from its time on until the next one's, the last until the end. So its time
/// is where the time begins that it stands for: half a period before it was taken, and as much
/// earlier as timer ticks were lost before it. It lasts as long as it counts in `.pb.gz`, but for
/// the jitter of the timer.
///
/// Viewers tell functions apart by name, file, line and column. The column is the first but where
/// functions of one profile have all the rest in common, as instances of a template do.
/// Errors show in the stream's state. Memory: the call tree.
/// Source: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
void write_cpuprofile(std::ostream& to, model::symbolized_profile const& profile,
                      model::frame_style frames = model::frame_style::folded);

}  // namespace loopscope::formats
