#pragma once

#include <cstdint>
#include <random>

namespace workload {

inline std::uint64_t volatile sink = 0;

/// Keeps what was computed from being optimized away.
inline void keep(std::uint64_t value) {
  sink = sink + value;
}

/// The same numbers in every run.
inline std::uint32_t next_random() {
  static std::minstd_rand engine{12345};
  return static_cast<std::uint32_t>(engine());
}

}  // namespace workload
