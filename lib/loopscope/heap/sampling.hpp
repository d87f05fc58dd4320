#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::heap {

/// Bytes between two sampled allocations, on average.
inline constexpr std::uint64_t sampling_period = std::uint64_t{512} * 1024;

/// Whether the program runs on a tcmalloc whose sampling can be switched.
bool sampling_is_available() noexcept;

/// Switches tcmalloc's sampling. The calling thread takes note at once, others at their next
/// sample, or after 16 MiB if it was off. An allocation that was sampled stays so until it is
/// freed. \thread any
void sample_allocations(bool on) noexcept;

/// A live allocation that tcmalloc sampled.
struct sampled_block {
  std::uint64_t size = 0;
  std::vector<std::uint64_t> pcs;  ///< return addresses, innermost first
};

struct allocation_samples {
  std::uint64_t period = 0;           ///< bytes between two of them, as it is now
  std::vector<sampled_block> blocks;  ///< those that are alive, in no order
};

/// \thread any; it allocates.
allocation_samples sampled_blocks();

/// gperftools' own heap profile, for google-pprof; empty without samples or without tcmalloc.
/// \thread any
std::string gperftools_heap_profile();

}  // namespace loopscope::heap
