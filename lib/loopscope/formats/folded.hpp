#pragma once

#include <loopscope/model/presentation.hpp>
#include <loopscope/model/symbolized_profile.hpp>

#include <iosfwd>

namespace loopscope::formats {

/// Writes `.folded`, as flamegraph.pl, inferno and Speedscope read it: a line per call path, from
/// the route or the outermost function to the innermost, `a;b;c <periods>`. What it means is said
/// at `call_tree`. A sample counts as in `.pb.gz`, only in periods instead of nanoseconds: one, and
/// one more for each timer tick that was lost before it. A `;` or a line break in a name is
/// percent-encoded. It knows functions by name only: those that share a name are one.
/// Errors show in the stream's state. Memory: the call tree.
/// Source: https://github.com/brendangregg/FlameGraph#2-fold-stacks
void write_folded(std::ostream& out, model::symbolized_profile const& profile,
                  model::frame_style frames = model::frame_style::folded);

}  // namespace loopscope::formats
