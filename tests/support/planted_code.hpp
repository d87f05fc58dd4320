#pragma once

#include <cstdint>

// Code whose addresses, functions and lines a test of the symbolizer knows.
namespace loopscope::test::planted_code {

/// The address behind the call of this function.
[[gnu::noinline]] inline std::uint64_t return_address() {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): an address as a number
  return reinterpret_cast<std::uint64_t>(__builtin_return_address(0));
}

inline constexpr std::uint32_t innermost_line = __LINE__ + 3;  // of the call
[[gnu::always_inline]] inline std::uint64_t innermost() {
  // Kept in a variable, so that the call is no tail call.
  auto address = return_address();
  asm volatile("" : "+r"(address));
  return address;
}

inline constexpr std::uint32_t middle_line = __LINE__ + 2;  // of the call
[[gnu::always_inline]] inline std::uint64_t middle() {
  return innermost();
}

inline constexpr std::uint32_t outer_line = __LINE__ + 1;  // where it begins
[[gnu::noinline]] inline std::uint64_t outer() {
  return middle();
}

}  // namespace loopscope::test::planted_code
