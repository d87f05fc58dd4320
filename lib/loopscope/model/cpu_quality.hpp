#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::model {

/// Whether a CPU profile can be trusted.
struct cpu_quality {
  std::uint64_t samples_expected = 0;  ///< by the time that was really sampled
  std::uint64_t samples_taken = 0;
  std::uint64_t dropped = 0;    ///< samples that found no room
  std::uint64_t overruns = 0;   ///< timer ticks that fell together: the thread did not run
  double unresolved_share = 0;  ///< of all frames, those without a name
  std::chrono::duration<double> throttled{};  ///< the process' groups were, by their CPU quota
  std::chrono::duration<double> stolen{};     ///< taken from this machine by others, all CPUs
  bool truncated = false;                     ///< ended early, by a shutdown
  std::chrono::duration<double> measured{};   ///< how long was really sampled
  std::vector<std::string> warnings;          ///< what is wrong and what to do, in sentences
};

}  // namespace loopscope::model
