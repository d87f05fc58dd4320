#pragma once

#include <loopscope/base/waiting_word.hpp>

#include <cstdint>
#include <cstring>
#include <initializer_list>

namespace loopscope::coroutines {

/// How every C++20 compiler begins a coroutine's frame.
struct frame_head {
  std::uintptr_t resume;
  std::uintptr_t destroy;
};

/// Where gcc keeps the 16-bit number of the await that a coroutine is suspended in, as an offset in
/// its frame. The destroy function says it in its first instruction, `orw $1, offset(%rdi)`, or
/// it and the resume function do within 64 bytes by `movzwl offset(frame), register`.
/// \return 0 where neither is found: another compiler or architecture
/// \thread any; async-signal-safe: it reads code
inline std::uint32_t await_number_offset(frame_head const& of) noexcept {
#if defined(__x86_64__)
  constexpr std::uintptr_t searched = 64;
  std::uint64_t first = 0;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the code of a live coroutine
  std::memcpy(&first, reinterpret_cast<void const*>(of.destroy), sizeof first);
  if ((first & 0xff'00'ffffff) == 0x01'00'4f8366) return first >> 24 & 0xff;
  if ((first & 0xffffff) == 0x8f8366) return static_cast<std::uint32_t>(first >> 24);
  for (auto const function : {of.destroy, of.resume}) {
    if (function == 0) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the code of a live coroutine
    auto const* const code = reinterpret_cast<unsigned char const*>(function);
    for (auto const* at = code; at < code + searched; ++at) {
      auto const has_index_register = (at[2] & 7) == 4;
      if (at[0] != 0x0f || at[1] != 0xb7 || has_index_register) continue;
      constexpr std::uint32_t behind_head = sizeof(frame_head);
      constexpr std::uint32_t largest = 1U << 20;
      std::uint32_t offset = at[2] >> 6 == 1 ? at[3] : 0;
      if (at[2] >> 6 == 2) std::memcpy(&offset, at + 3, sizeof offset);
      if (offset >= behind_head && offset < largest) return offset;
    }
  }
#endif
  return 0;
}

/// The word of the coroutine that waits and has its frame there. \thread as above
inline std::uint64_t waiting_word_of(void const* frame) noexcept {
  frame_head head;
  std::memcpy(&head, frame, sizeof head);
  std::uint16_t number = 0;
  if (auto const offset = await_number_offset(head))
    std::memcpy(&number, static_cast<char const*>(frame) + offset, sizeof number);
  return waiting_word::make(head.resume, number);
}

}  // namespace loopscope::coroutines
