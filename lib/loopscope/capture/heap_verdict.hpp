#pragma once

#include <loopscope/capture/judgement.hpp>
#include <loopscope/model/heap_quality.hpp>

#include <boost/json/object.hpp>

namespace loopscope::capture {

// Where doubt begins. The names of shares that have a bound in cpu_verdict.hpp too begin with heap.

/// Bytes that are tracked, of those that the allocator has given out: less than this.
inline constexpr doubt tracked_share{0.8, 0.4};
/// Blocks that found no room in the table, of all.
inline constexpr doubt lost_share{1e-9, 0.1};
/// Bytes in which pointers were looked for, of those of all objects: less than this.
inline constexpr doubt scanned_share{0.999, 0.9};
/// Samples: fewer than this; the error of a share is about 1 / sqrt(samples).
inline constexpr doubt few_heap_samples{50, 10};
/// Objects that have no type.
inline constexpr double much_untyped = 0.75;
/// Frames without a name, of the frames of all stacks.
inline constexpr doubt heap_unresolved_share{0.05, 0.5};

/// Applies every rule. The verdict is that of the worst. \thread any
judgement judge(model::heap_quality const& quality);

/// As a response has it. \thread any
boost::json::object to_json(model::heap_quality const& quality, judgement const& judged);

}  // namespace loopscope::capture
