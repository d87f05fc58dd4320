#include <loopscope/capture/child_end_impl.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <system_error>
#include <unistd.h>

namespace loopscope::capture {

namespace asio = boost::asio;

asio::awaitable<bool> has_ended(process::child& child, std::chrono::seconds limit) {
  auto const loop = co_await asio::this_coro::executor;
  auto const own = dup(child.exit_event());
  if (own < 0) throw std::system_error{errno, std::generic_category(), "dup"};
  asio::posix::stream_descriptor event{loop, own};
  asio::steady_timer timer{loop, limit};
  auto const readable = asio::posix::stream_descriptor::wait_read;
  auto race = asio::experimental::make_parallel_group(event.async_wait(readable, asio::deferred),
                                                      timer.async_wait(asio::deferred));
  auto const [order, ended, timed_out] =
      co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  co_return order[0] == 0 && !ended;
}

}  // namespace loopscope::capture
