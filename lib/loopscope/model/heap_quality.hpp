#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::model {

/// How a heap capture came about: the figures that tell whether it can be trusted.
struct heap_quality {
  bool sampled = false;                 ///< by tcmalloc: there are samples, and no objects
  std::uint64_t objects = 0;            ///< live blocks
  std::uint64_t samples = 0;            ///< instead of them
  std::uint64_t tracked_bytes = 0;      ///< of the objects, or what the samples stand for
  std::uint64_t allocated_bytes = 0;    ///< that the allocator has given out; 0 unknown
  std::uint64_t lost = 0;               ///< blocks that found no room in the table
  std::uint64_t scanned_bytes = 0;      ///< of the objects, in which pointers were looked for
  std::uint64_t unreached_objects = 0;  ///< that no root leads to
  std::uint64_t unreached_bytes = 0;
  double untyped_share = 0;     ///< of the objects, those that are called by their allocation site
  double unresolved_share = 0;  ///< of the frames of all stacks, those without a name
  std::chrono::nanoseconds pause{};          ///< for which operator new and delete waited
  std::vector<std::string> changed_modules;  ///< as in cpu_quality
  std::vector<std::string> notes;            ///< as in cpu_quality
};

}  // namespace loopscope::model
