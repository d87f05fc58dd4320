#pragma once

#include <loopscope/model/symbolized_profile.hpp>

#include <cstdint>
#include <vector>

namespace loopscope::formats {

/// How many periods of time each sample stands for, in the order of the samples: at least one. It
/// is for captures with at most one sample a period, as loop_sampler takes them.
///
/// A sample stands for the ticks that were lost before it, too: a thread that was kept from running
/// is sampled first thing afterwards, just where it was kept. How many were lost is what the clock
/// says. `overruns` may be those of the time before the sample or, if the thread was kept between
/// the kernel's count and ours, after it; and they know nothing of a sample that found no room.
/// What was lost after the last sample goes to the last. All together is the length of the capture,
/// to two periods.
std::vector<std::uint64_t> periods_of(model::symbolized_profile const& profile);

/// When the time begins that each sample stands for, in ns, in the order of the samples: it goes on
/// to where the next one's begins, that of the last to the end of the capture. An ordinary sample
/// is in the middle of its time, one after lost ticks half a period before its end.
std::vector<std::uint64_t> begins_of(model::symbolized_profile const& profile);

}  // namespace loopscope::formats
