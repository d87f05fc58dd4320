#pragma once

#include <cstddef>
#include <cstdint>

namespace loopscope::unwind {

/// Half-open addresses.
struct address_range {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;

  [[nodiscard]] constexpr bool holds(std::uintptr_t address) const noexcept {
    return address >= begin && address < end;
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return end - begin; }

  bool operator==(address_range const&) const = default;
};

}  // namespace loopscope::unwind
