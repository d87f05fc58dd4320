#pragma once

#include <loopscope/runtime/loop_thread.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace loopscope::runtime {

/// The worker threads, for what may take over 1 ms, in two lanes of one thread each, so that what
/// runs in only one of them needs no lock.
/// \thread any
class workers {
 public:
  /// The bulk lane yields to the loops and to the other lane, also on a single core.
  static constexpr int bulk_niceness = 10;

  /// For calls that take milliseconds: the store, files of /proc, collecting metrics.
  loop_thread short_lane;
  /// For what takes as long as there are bytes: hashing, flushing to disk, freeing.
  loop_thread bulk_lane{bulk_niceness};

  /// Waits until everything that was handed over is done. Comes before the loop is destroyed.
  void join() {
    short_lane.join();
    bulk_lane.join();
  }
};

namespace detail {

inline auto uncancelled() {
  return boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot{},
                                             boost::asio::use_awaitable);
}

}  // namespace detail

/// Runs the blocking `work()` on a lane; the caller resumes on its own executor.
/// What `work` captures by reference stays valid, because the caller waits.
/// \throws whatever `work` throws.
/// \cancel not before `work` is done: it cannot be interrupted.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> offload(loop_thread& to, F work) {
  using value_type = std::invoke_result_t<F&>;
  if constexpr (std::is_void_v<value_type>) {
    auto job = [&]() -> boost::asio::awaitable<void> {
      work();
      co_return;
    };
    co_await boost::asio::co_spawn(to.executor(), std::move(job), detail::uncancelled());
  } else {
    std::optional<value_type> value;  // co_spawn itself only returns what has a default
    auto job = [&]() -> boost::asio::awaitable<void> {
      value.emplace(work());
      co_return;
    };
    co_await boost::asio::co_spawn(to.executor(), std::move(job), detail::uncancelled());
    co_return std::move(*value);
  }
}

}  // namespace loopscope::runtime
