#pragma once

#include <loopscope/base/log.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <string_view>
#include <utility>

namespace loopscope::runtime {

/// The spawned coroutines of one owner: cancel them all, then wait for the last to end.
/// \thread loop, but for size()
class task_group {
 public:
  /// Called with what escaped from a coroutine.
  using on_error = std::function<void(std::exception_ptr)>;

  task_group(boost::asio::any_io_executor loop, on_error report);
  task_group(task_group const&) = delete;
  task_group& operator=(task_group const&) = delete;

  /// Runs the coroutine that `make()` returns; the group keeps `make` alive until its end.
  /// \throws bad_alloc, and what make() throws; the group is as before then.
  template <class F>  // F: () -> awaitable<void>
  void spawn(F make) {
    auto const task = signals_.emplace(signals_.end());
    ++size_;
    auto done = [this, task](std::exception_ptr failure) {
      if (failure) report_(std::move(failure));
      // Later, because the signal must outlive the coroutine's frame.
      boost::asio::post(loop_, [this, task] { erase(task); });
    };
    try {
      boost::asio::co_spawn(loop_, std::move(make),
                            boost::asio::bind_cancellation_slot(task->slot(), std::move(done)));
    } catch (...) {
      erase(task);
      throw;
    }
  }

  void cancel(boost::asio::cancellation_type type);

  /// Ends when the group is empty, or after `limit`.
  /// \return true if the group is empty.
  boost::asio::awaitable<bool> wait(std::chrono::steady_clock::duration limit);

  /// Ends when the group is empty.
  boost::asio::awaitable<void> wait();

  /// Number of coroutines that run, among them those that just ended. \thread any
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  using signals = std::list<boost::asio::cancellation_signal>;

  void erase(signals::iterator task);

  boost::asio::any_io_executor loop_;
  boost::asio::steady_timer idle_;
  on_error report_;
  signals signals_;
  std::atomic<std::size_t> size_{0};
};

/// Logs what escaped from a coroutine as an error.
/// \param log    outlives the result.
/// \param event  static text.
task_group::on_error report_to(logger& log, std::string_view event = "task_failed");

}  // namespace loopscope::runtime
