#pragma once

#include <loopscope/coroutines/pump_hook.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace loopscope::coroutines {

using any_frame = boost::asio::detail::awaitable_frame_base<boost::asio::any_io_executor>;
using any_root =
    boost::asio::detail::awaitable_frame<boost::asio::detail::awaitable_thread_entry_point,
                                         boost::asio::any_io_executor>;

/// Longer chains lose their outermost coroutines while an operation of theirs is initiated.
inline constexpr std::size_t max_noted = 16;

/// One call of `pump()` on this thread's stack: the resumption of a chain of coroutines.
///
/// Lies in the frame of `pump()`, so that its address tells where the chain belongs in the physical
/// stack. A signal handler of the same thread may read it at any time.
struct pumping {
  pumping(any_root* const& owned, any_frame* const& its_top, pumping const* around) noexcept
      : root{owned}, owner{&owned}, top{&its_top}, outer{around} {}

  any_root const* root;    ///< identity only: what it points to may be gone
  any_root* const* owner;  ///< not null behind it: this thread owns the chain
  any_frame* const* top;   ///< the coroutine to resume; may be read while the chain is owned
  pumping const* outer;
  std::uint32_t noted = 0;  ///< words in `waiting`; 0 unless an operation is initiated
  std::array<std::uint64_t, max_noted> waiting;  ///< the chain whose operation is initiated
};

/// The innermost one, null where no coroutine runs.
extern constinit thread_local pumping const* innermost_pumping
    __attribute__((tls_model("initial-exec")));

/// How many samplers want chains noted before an operation is initiated.
extern constinit std::atomic<int> initiation_readers;

}  // namespace loopscope::coroutines
