#pragma once

#include <cstdint>

namespace loopscope {

/// A coroutine that waits, as one word among the program counters of a call stack.
///
/// Program counters of user code have 47 bits; a word of a coroutine has bit 63 set and bit 47
/// clear. It holds the coroutine's resume function, which is looked up as it is: unlike a return
/// address it is the start of a function.
namespace waiting_word {

/// \param resume  the resume function's address, below 2^47.
/// \param await   which of its awaits the coroutine is suspended in, as the compiler numbers them;
///                below 2^15, 0 if unknown.
constexpr std::uint64_t make(std::uint64_t resume, std::uint16_t await) noexcept {
  constexpr auto mark = std::uint64_t{1} << 63;
  constexpr auto address = (std::uint64_t{1} << 47) - 1;
  return mark | std::uint64_t{await} << 48 | (resume & address);
}

constexpr bool is(std::uint64_t word) noexcept {
  return word >> 63 != 0 && (word >> 47 & 1) == 0;
}

constexpr std::uint64_t resume_of(std::uint64_t word) noexcept {
  return word & ((std::uint64_t{1} << 47) - 1);
}

constexpr std::uint16_t await_of(std::uint64_t word) noexcept {
  return static_cast<std::uint16_t>(word >> 48 & 0x7fff);
}

}  // namespace waiting_word

}  // namespace loopscope
