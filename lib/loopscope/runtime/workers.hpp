#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace loopscope::runtime {

/// The one worker thread, for what may take over 1 ms: files, hashing, encoding.
///
/// One thread, so what only runs here needs no lock. Owns the thread, which blocks every signal.
/// \thread any
class workers {
 public:
  workers();
  ~workers() { join(); }
  workers(workers const&) = delete;
  workers& operator=(workers const&) = delete;

  /// Waits until everything that was handed over is done. Comes before the loop is destroyed.
  void join() { pool_.join(); }

  [[nodiscard]] boost::asio::thread_pool& pool() noexcept { return pool_; }

 private:
  boost::asio::thread_pool pool_;
};

/// Runs the blocking `work()` on the worker; the caller resumes on its own executor.
/// What `work` captures by reference stays valid, because the caller waits.
/// \throws whatever `work` throws.
/// \cancel not before `work` is done: it cannot be interrupted.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F&>> offload(workers& to, F work) {
  using value_type = std::invoke_result_t<F&>;
  if constexpr (std::is_void_v<value_type>) {
    auto job = [&]() -> boost::asio::awaitable<void> {
      work();
      co_return;
    };
    co_await boost::asio::co_spawn(
        to.pool(), std::move(job),
        boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot{},
                                            boost::asio::use_awaitable));
  } else {
    std::optional<value_type> value;  // co_spawn itself only returns what has a default
    auto job = [&]() -> boost::asio::awaitable<void> {
      value.emplace(work());
      co_return;
    };
    co_await boost::asio::co_spawn(
        to.pool(), std::move(job),
        boost::asio::bind_cancellation_slot(boost::asio::cancellation_slot{},
                                            boost::asio::use_awaitable));
    co_return std::move(*value);
  }
}

}  // namespace loopscope::runtime
