#pragma once

#include <chrono>
#include <cstdint>

namespace lab::jam {

/// Computes without pause for `duration`, like a service that does heavy work where it should
/// only dispatch. A fault on purpose: a call on the loop blocks the loop.
///
/// The work is a made-up shop that rebuilds its recommendations, several functions deep, so that
/// a flame graph of it is worth reading.
/// \return a checksum of the work, different for every amount of it.
std::uint64_t rebuild_recommendations(std::chrono::milliseconds duration);

}  // namespace lab::jam
