#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::model {

/// Whether a profile may be believed.
enum class verdict : std::uint8_t {
  good,        ///< nothing is known against it
  usable,      ///< true in the large; small shares may be off, or something is missing
  misleading,  ///< conclusions from it may be wrong
};

/// Of all frames, those without a name in one file.
struct unresolved_module {
  std::string path;  ///< empty: code in no file, as a compiler at run time makes it
  double share = 0;  ///< in (0, 1]

  bool operator==(unresolved_module const&) const = default;
};

/// How a CPU profile came about: the figures that tell whether it can be trusted.
struct cpu_quality {
  using seconds = std::chrono::duration<double>;

  std::uint64_t samples_expected = 0;  ///< by the time that was really sampled
  std::uint64_t samples_taken = 0;
  std::uint64_t dropped = 0;        ///< samples that found no room
  std::uint64_t overruns = 0;       ///< timer ticks that fell together: the thread did not run
  std::uint64_t cut_stacks = 0;     ///< samples whose stack was deeper than is kept
  std::uint64_t broken_stacks = 0;  ///< samples whose stack could not be followed to its end
  double unresolved_share = 0;      ///< of all frames, those without a name
  std::vector<unresolved_module> unresolved_modules;  ///< the largest shares first, changed files
                                                      ///< left out
  std::vector<std::string> changed_modules;  ///< paths of files that were replaced since loaded
  std::vector<std::string> notes;            ///< what else files lack, and the remedy: sentences
  seconds measured{};                        ///< how long was really sampled
  seconds loop_cpu{};                        ///< CPU time that the sampled thread used meanwhile
  seconds other_cpu{};                       ///< CPU time of the process' other threads
  seconds run_queue{};       ///< the sampled thread could have run, and waited for a CPU
  seconds throttled{};       ///< the process' groups were, by their CPU quota
  seconds stolen{};          ///< taken from this machine by others, all CPUs together
  unsigned cpus = 1;         ///< online, at least 1
  bool truncated = false;    ///< ended early, by a shutdown
  bool async_stacks = true;  ///< stacks go on with the coroutines that wait
};

}  // namespace loopscope::model
