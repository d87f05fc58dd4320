#pragma once

#include <loopscope/base/result.hpp>

#include <chrono>
#include <cstdint>

namespace loopscope::cpu {

/// What a gperftools CPU profile holds, counted.
struct native_profile_summary {
  std::chrono::microseconds period;  ///< between two samples
  std::uint64_t samples = 0;
  std::uint64_t stacks = 0;  ///< different ones
};

/// Writes the real sampling period into a complete profile and counts its samples.
///
/// gperftools notes the period of its own timer, which we replace by a thread's.
/// \param fd  a regular file, open for reading and writing; its offset does not matter.
/// \return    errc::storage_full  the file ends before the profile does.
/// \throws    system_error if it cannot be read or written.
/// \thread    worker. O(size).
/// Source: https://gperftools.github.io/gperftools/cpuprofile-fileformat.html
result<native_profile_summary> finish_native_profile(int fd, std::chrono::microseconds period);

}  // namespace loopscope::cpu
