#include "support/catch.hpp"
#include "support/run.hpp"

#include <loopscope/runtime/call_on.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>
#include <thread>
#include <utility>

using namespace loopscope;
namespace asio = boost::asio;

namespace {

asio::awaitable<std::thread::id> thread_of_second_step() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  co_return std::this_thread::get_id();
}

asio::awaitable<int> failing() {
  throw std::runtime_error{"boom"};
  co_return 0;
}

}  // namespace

TEST_CASE("A call on another loop", "[runtime]") {
  asio::io_context home{1};  // outlives the thread that posts back to it
  asio::thread_pool other{1};
  auto const loop = other.get_executor();

  SECTION("runs there, and its caller goes on at home") {
    auto const caller_thread = std::this_thread::get_id();
    auto back = std::thread::id{};
    auto caller = [&]() -> asio::awaitable<std::thread::id> {
      auto const there = co_await runtime::call_on(loop, thread_of_second_step());
      back = std::this_thread::get_id();
      co_return there;
    };

    CHECK(test::run_on(home, caller()) != caller_thread);
    CHECK(back == caller_thread);
  }

  SECTION("throws what the call throws") {
    CHECK_THROWS_WITH(test::run_on(home, runtime::call_on(loop, failing())), "boom");
  }
}
