#pragma once

#include <loopscope/capture/judgement.hpp>
#include <loopscope/model/cpu_quality.hpp>

#include <boost/json/object.hpp>

namespace loopscope::capture {

// Where doubt begins.

/// Fewer samples than this; the error of a share is about 1 / sqrt(samples).
inline constexpr doubt few_samples{50, 10};
/// Samples that found no room, of those expected.
inline constexpr doubt dropped_share{0.01, 0.1};
/// Ticks that gave no sample and were not dropped either, of the samples expected. Not told where
/// the thread is known to have been kept from the CPUs.
inline constexpr doubt missed_share{0.05, 0.5};
/// Time in which the thread waited for a CPU, of the time measured.
inline constexpr doubt run_queue_share{0.05, 0.25};
/// Time in which the CPU quota was used up, of the time measured.
inline constexpr doubt throttled_share{0.01, 0.1};
/// CPU time that other machines took, of what all CPUs have in the time measured.
inline constexpr doubt stolen_share{0.05, 0.25};
/// Frames without a name, of all frames.
inline constexpr doubt unresolved_share{0.01, 0.2};
/// Samples whose stack is deeper than is kept, of all samples.
inline constexpr doubt cut_share{0.01, 0.5};
/// Samples whose stack could not be followed to its end, of all samples.
inline constexpr doubt broken_share{0.01, 0.1};
/// CPU time of other threads, of the process' CPU time, when it is at least this share of one CPU
/// as well.
inline constexpr double other_threads_share = 0.5;
inline constexpr double other_threads_of_cpu = 0.1;

/// Applies every rule. The verdict is that of the worst. \thread any
judgement judge(model::cpu_quality const& quality);

/// As a response has it. \thread any
boost::json::object to_json(model::cpu_quality const& quality, judgement const& judged);

}  // namespace loopscope::capture
