#include <loopscope/base/capture_formats.hpp>
#include <loopscope/capture/child_end_impl.hpp>

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <system_error>

namespace loopscope::capture {

namespace asio = boost::asio;

namespace {

// For people: a process that failed may have printed anything.
std::string first_printable_line(std::string text) {
  constexpr std::size_t enough = 500;
  text = text.substr(0, std::min(text.find('\n'), enough));
  auto const is_odd = [](unsigned char c) { return c < 0x20 || c > 0x7e; };
  std::replace_if(text.begin(), text.end(), is_odd, '?');
  return text;
}

}  // namespace

asio::awaitable<bool> has_ended(process::child& child, std::chrono::seconds limit) {
  auto const loop = co_await asio::this_coro::executor;
  auto const own = fcntl(child.exit_event(), F_DUPFD_CLOEXEC, 0);
  if (own < 0) throw std::system_error{errno, std::generic_category(), "F_DUPFD_CLOEXEC"};
  asio::posix::stream_descriptor event{loop};
  event.assign(own);
  asio::steady_timer timer{loop, limit};
  auto const readable = asio::posix::stream_descriptor::wait_read;
  auto race = asio::experimental::make_parallel_group(event.async_wait(readable, asio::deferred),
                                                      timer.async_wait(asio::deferred));
  auto const [order, ended, timed_out] =
      co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  co_return order[0] == 0 && !ended;
}

asio::awaitable<tool_end> end_of_tool(process::child& child, std::chrono::seconds limit) {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto const has_come = co_await has_ended(child, limit);
  auto const state = co_await asio::this_coro::cancellation_state;
  if (!has_come) child.kill();
  tool_end end{{}, child.wait(), {}};
  if (!end.status.succeeded()) end.why = to_text(end.status);
  if (!has_come) end.why = "it took longer than " + std::to_string(limit.count()) + " s";
  // What it said explains an end that failed, not one whose outcome is unknown.
  auto const text = first_printable_line(child.errors());
  using kind = process::exit_status::kind;
  if (!end.why.empty() && !text.empty() && end.status.how != kind::unknown) end.why = text;
  if (state.cancelled() != asio::cancellation_type::none)
    end.outcome = errc::cancelled;
  else if (end.status == process::exit_status{kind::exited, tool_exit::no_space})
    end.outcome = errc::storage_full;
  else if (!end.why.empty())
    end.outcome = errc::encoder_failed;
  co_return end;
}

}  // namespace loopscope::capture
