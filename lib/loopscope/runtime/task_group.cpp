#include <loopscope/runtime/task_group.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace loopscope::runtime {

namespace asio = boost::asio;

task_group::task_group(asio::any_io_executor loop, on_error report)
    : loop_{std::move(loop)}, idle_{loop_}, report_{std::move(report)} {}

void task_group::cancel(asio::cancellation_type type) {
  // A handler may end its coroutine at once; erase() is posted, so the list stays as it is here.
  for (auto& signal : signals_) signal.emit(type);
}

asio::awaitable<bool> task_group::wait(std::chrono::steady_clock::duration limit) {
  auto const deadline = std::chrono::steady_clock::now() + limit;
  while (!signals_.empty() && std::chrono::steady_clock::now() < deadline) {
    idle_.expires_at(deadline);
    co_await idle_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return signals_.empty();
}

asio::awaitable<void> task_group::wait() {
  while (!signals_.empty()) {
    idle_.expires_at(asio::steady_timer::time_point::max());
    co_await idle_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void task_group::erase(signals::iterator task) {
  signals_.erase(task);
  --size_;
  if (signals_.empty()) idle_.cancel();
}

task_group::on_error report_to(logger& log, std::string_view event) {
  return [&log, event](std::exception_ptr failure) {
    try {
      std::rethrow_exception(std::move(failure));
    } catch (std::exception const& error) {
      log.error(event, {{"reason", error.what()}});
    }
  };
}

}  // namespace loopscope::runtime
