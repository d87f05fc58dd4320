#pragma once
// Coroutines that are born, nested, cancelled and killed. Included twice: by code with the hook and
// by code without it.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <exception>
#include <stdexcept>

namespace churn {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using steady = std::chrono::steady_clock;

// NOLINTNEXTLINE(misc-no-recursion): a chain is wanted
asio::awaitable<int> resumed_below(int depth) {
  if (depth == 0) {
    co_await asio::post(use_awaitable);
    co_return 1;
  }
  co_return 1 + co_await resumed_below(depth - 1);
}

// NOLINTNEXTLINE(misc-no-recursion): a chain is wanted
asio::awaitable<void> at_once(int depth) {
  if (depth > 0) co_await at_once(depth - 1);
}

asio::awaitable<void> forever() {
  asio::steady_timer timer{co_await asio::this_coro::executor, std::chrono::hours{1}};
  co_await timer.async_wait(use_awaitable);
}

// NOLINTNEXTLINE(misc-no-recursion): a chain is wanted
asio::awaitable<void> throw_below(int depth) {
  if (depth > 0) {
    co_await throw_below(depth - 1);
    co_return;
  }
  co_await asio::post(use_awaitable);
  throw std::runtime_error{"thrown"};
}

asio::awaitable<void> dispatch() {
  co_await asio::dispatch(use_awaitable);
}

asio::awaitable<void> until(steady::time_point end, asio::thread_pool& other) {
  using namespace asio::experimental::awaitable_operators;
  auto const loop = co_await asio::this_coro::executor;
  while (steady::now() < end) {
    co_await resumed_below(5);
    asio::co_spawn(loop, at_once(3), asio::detached);  // lives and dies inside our frame
    asio::co_spawn(loop, forever(), asio::detached);   // dies with the loop
    co_await (resumed_below(3) || forever());          // one is cancelled
    co_await (resumed_below(2) && resumed_below(1));
    co_await (at_once(2) && at_once(1));
    try {
      co_await throw_below(4);
    } catch (std::runtime_error const&) {
    }
    co_await asio::co_spawn(loop, at_once(2), use_awaitable);   // completes in its initiation
    co_await asio::co_spawn(other, at_once(2), use_awaitable);  // initiated here, resumed there
    co_await asio::dispatch(use_awaitable);
    for (int i = 0; i < 50; ++i) asio::co_spawn(loop, dispatch(), asio::detached);
    asio::co_spawn(loop, throw_below(0), [](std::exception_ptr const&) {});
    auto const never_awaited = resumed_below(2);
  }
}

}  // namespace
}  // namespace churn
