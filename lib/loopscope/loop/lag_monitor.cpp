#include <loopscope/loop/lag_monitor.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace loopscope::loop {

namespace asio = boost::asio;

void rolling_lag::record(clock::time_point due, clock::time_point now) {
  auto const late = std::max<std::chrono::nanoseconds>(now - due, {});
  last_lag_ = late;
  last_tick_ = now;
  auto& lags = window_at(now);
  lags.record(late);
  // What is older than the span would be forgotten at once: bounds the loop after a long stop.
  auto const oldest = std::max<std::chrono::nanoseconds>(late - span, {});
  for (auto lag = late - tick; lag > oldest; lag -= tick) lags.record(lag);
}

lag_histogram rolling_lag::recent(clock::time_point now) const {
  auto const oldest = number_of(now) - static_cast<std::int64_t>(window_count);
  lag_histogram sum;
  for (auto const& each : windows_) each.add_to(sum, oldest);
  return sum;
}

std::chrono::nanoseconds rolling_lag::current(clock::time_point now) const {
  auto const tick_at = last_tick_.load();
  if (tick_at == clock::time_point{}) return {};
  return std::max<std::chrono::nanoseconds>(last_lag_, now - tick_at - tick);
}

published_lags& rolling_lag::window_at(clock::time_point now) {
  auto const number = number_of(now);
  auto& current = windows_[static_cast<std::size_t>(number) % window_count];
  if (current.number() != number) current.begin(number);
  return current;
}

asio::awaitable<void> monitor_lag(rolling_lag& lag) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  // A cancellation that comes between two waits ends the loop, not with an exception at the next.
  co_await asio::this_coro::throw_if_cancelled(false);
  auto const state = co_await asio::this_coro::cancellation_state;
  asio::steady_timer timer{co_await asio::this_coro::executor};
  auto due = rolling_lag::clock::now() + rolling_lag::tick;
  while (state.cancelled() == asio::cancellation_type::none) {
    timer.expires_at(due);
    auto const [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    auto const now = rolling_lag::clock::now();
    lag.record(due, now);
    due = now + rolling_lag::tick;
  }
}

}  // namespace loopscope::loop
