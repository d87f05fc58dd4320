#pragma once

#include <loopscope/coroutines/coroutine_frame_impl.hpp>
#include <loopscope/coroutines/pumping_impl.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace loopscope::coroutines {

/// The protected members of Asio's coroutine frames, reached as a derived class may. A member that
/// another version of Boost does not have is an error of the compiler.
struct frame_access : any_frame {
  static auto& handle(any_frame& of) { return of.*(&frame_access::coro_); }
  static auto& context(any_frame& of) { return of.*(&frame_access::resume_context_); }
  static void const* address(any_frame const& of) noexcept {
    return (of.*(&frame_access::coro_)).address();
  }
  static any_frame const* caller(any_frame const& of) noexcept {
    return of.*(&frame_access::caller_);
  }
};

/// Writes the words of a coroutine and of those that wait for it, as many as there is room for.
/// The calling thread has to own the chain. Async-signal-safe. \return how many
inline std::size_t write_chain(any_frame const* from, std::span<std::uint64_t> to) noexcept {
  std::size_t depth = 0;
  for (; from && depth < to.size(); from = frame_access::caller(*from))
    to[depth++] = waiting_word_of(frame_access::address(*from));
  return depth;
}

}  // namespace loopscope::coroutines
