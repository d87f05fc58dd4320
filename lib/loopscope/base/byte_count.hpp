#pragma once

#include <compare>
#include <cstdint>

namespace loopscope {

/// A number of bytes.
struct byte_count {
  std::uint64_t value = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): takes the comparison that this makes for a pointer
  auto operator<=>(byte_count const&) const = default;

  constexpr byte_count& operator+=(byte_count other) {
    value += other.value;
    return *this;
  }
  constexpr byte_count& operator-=(byte_count other) {
    value -= other.value;
    return *this;
  }
};

constexpr byte_count operator+(byte_count a, byte_count b) {
  return a += b;
}

constexpr byte_count bytes(std::uint64_t n) {
  return {n};
}
constexpr byte_count kibibytes(std::uint64_t n) {
  return {n << 10};
}
constexpr byte_count mebibytes(std::uint64_t n) {
  return {n << 20};
}

}  // namespace loopscope
