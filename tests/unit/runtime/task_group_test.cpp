#include "support/catch.hpp"
#include "support/run.hpp"

#include <loopscope/runtime/task_group.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

using namespace loopscope;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::cancellation_type;
using clock_type = std::chrono::steady_clock;

namespace {

std::string message_of(std::exception_ptr const& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (boost::system::system_error const& error) {
    return error.code() == asio::error::operation_aborted ? "aborted" : error.what();
  } catch (std::exception const& error) {
    return error.what();
  }
}

// Waits until it is cancelled, by a type that the filter lets through.
template <class Filter>
asio::awaitable<void> forever(Filter filter) {
  co_await asio::this_coro::reset_cancellation_state(filter);
  asio::steady_timer timer{co_await asio::this_coro::executor};
  timer.expires_at(clock_type::time_point::max());
  co_await timer.async_wait(asio::use_awaitable);
}

// Like `forever`, but leaves without an error.
asio::awaitable<void> politely_forever() {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  asio::steady_timer timer{co_await asio::this_coro::executor};
  timer.expires_at(clock_type::time_point::max());
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

// Cannot be moved to where it would run, as if there were no memory for it.
struct immovable_task {
  immovable_task() = default;
  immovable_task(immovable_task&&) { throw std::bad_alloc{}; }  // NOLINT(*-noexcept-move*)
  asio::awaitable<void> operator()() const { co_return; }
};

asio::awaitable<void> at_once() {
  co_return;
}

asio::awaitable<void> turn() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

struct group {
  asio::io_context loop{1};
  std::vector<std::string> errors;
  runtime::task_group tasks{loop.get_executor(), [this](std::exception_ptr const& failure) {
                              errors.push_back(message_of(failure));
                            }};

  // The owner of a group ends it.
  ~group() {
    tasks.cancel(cancellation_type::terminal);
    settle();
  }

  // Lets everything that is ready run.
  void settle() {
    loop.restart();
    loop.poll();
  }
};

}  // namespace

TEST_CASE("A task group counts its coroutines", "[runtime]") {
  group all;
  CHECK(all.tasks.size() == 0);

  SECTION("until they end") {
    all.tasks.spawn(at_once);
    all.tasks.spawn(turn);
    all.tasks.spawn(politely_forever);
    CHECK(all.tasks.size() == 3);
    all.settle();

    CHECK(all.tasks.size() == 1);
    CHECK(all.errors.empty());
    all.tasks.cancel(cancellation_type::terminal);
    all.settle();
    CHECK(all.tasks.size() == 0);
  }

  SECTION("among them those that a coroutine spawns") {
    all.tasks.spawn([&]() -> asio::awaitable<void> {
      all.tasks.spawn(politely_forever);
      co_return;
    });
    all.settle();

    CHECK(all.tasks.size() == 1);
  }

  SECTION("and keeps what makes them alive until their end") {
    auto const token = std::make_shared<int>(7);
    auto seen = 0;
    all.tasks.spawn([&seen, token]() -> asio::awaitable<void> {
      co_await turn();
      seen = *token;
    });
    CHECK(token.use_count() == 2);
    all.settle();

    CHECK(seen == 7);
    CHECK(token.use_count() == 1);
  }
}

TEST_CASE("Cancelling a task group reaches every coroutine", "[runtime]") {
  group all;

  SECTION("terminal, unless they ask for more") {
    for (int i = 0; i < 3; ++i)
      all.tasks.spawn([] { return forever(asio::enable_terminal_cancellation()); });
    all.settle();
    all.tasks.cancel(cancellation_type::total);
    all.settle();
    CHECK(all.tasks.size() == 3);
    all.tasks.cancel(cancellation_type::terminal);
    all.settle();

    CHECK(all.tasks.size() == 0);
    CHECK(all.errors == std::vector<std::string>(3, "aborted"));
  }

  SECTION("total, where they ask for it") {
    all.tasks.spawn([] { return forever(asio::enable_terminal_cancellation()); });
    all.tasks.spawn([] { return forever(asio::enable_total_cancellation()); });
    all.tasks.spawn(politely_forever);
    all.settle();
    all.tasks.cancel(cancellation_type::total);
    all.settle();

    CHECK(all.tasks.size() == 1);
    CHECK(all.errors == std::vector<std::string>{"aborted"});
  }

  SECTION("before it has run for the first time") {
    all.tasks.spawn([] { return forever(asio::enable_terminal_cancellation()); });
    all.tasks.cancel(cancellation_type::terminal);
    all.settle();

    CHECK(all.tasks.size() == 0);
  }

  SECTION("and nothing happens to an empty one") {
    all.tasks.cancel(cancellation_type::terminal);
    all.settle();

    CHECK(all.errors.empty());
  }
}

TEST_CASE("A task group reports what escapes from a coroutine", "[runtime]") {
  group all;
  all.tasks.spawn([]() -> asio::awaitable<void> {
    throw std::runtime_error{"boom"};
    co_return;
  });
  all.tasks.spawn(politely_forever);
  all.settle();

  CHECK(all.errors == std::vector<std::string>{"boom"});
  CHECK(all.tasks.size() == 1);  // the others go on
}

TEST_CASE("Waiting for a task group", "[runtime]") {
  group all;

  SECTION("ends at once when it is empty") {
    CHECK(test::run_on(all.loop, all.tasks.wait(0ms)));
    CHECK(test::run_on(all.loop, all.tasks.wait(1h)));
    test::run_on(all.loop, all.tasks.wait());
  }

  SECTION("ends when the last coroutine does, long before the limit") {
    all.tasks.spawn(turn);
    all.tasks.spawn([&]() -> asio::awaitable<void> {
      for (int i = 0; i < 100; ++i) co_await turn();
    });

    CHECK(test::run_on(all.loop, all.tasks.wait(1h)));
    CHECK(all.tasks.size() == 0);
  }

  SECTION("ends at the limit and reports that some still run") {
    all.tasks.spawn(politely_forever);
    auto const start = clock_type::now();

    CHECK_FALSE(test::run_on(all.loop, all.tasks.wait(20ms)));
    CHECK(clock_type::now() - start >= 20ms);
    CHECK(all.tasks.size() == 1);
  }

  SECTION("covers what is spawned meanwhile") {
    all.tasks.spawn([&]() -> asio::awaitable<void> {
      co_await turn();
      all.tasks.spawn(turn);
    });

    test::run_on(all.loop, all.tasks.wait());
    CHECK(all.tasks.size() == 0);
  }

  SECTION("without a limit goes on until it is cancelled") {
    all.tasks.spawn(politely_forever);
    asio::post(all.loop, [&] { all.tasks.cancel(cancellation_type::total); });

    test::run_on(all.loop, all.tasks.wait());
    CHECK(all.tasks.size() == 0);
    CHECK(all.errors.empty());
  }
}

TEST_CASE("A coroutine for which there is no memory leaves a group as it was", "[runtime]") {
  asio::io_context loop;
  runtime::task_group group{loop.get_executor(), [](std::exception_ptr const&) {}};
  group.spawn(at_once);

  CHECK_THROWS_AS(group.spawn(immovable_task{}), std::bad_alloc);

  CHECK(group.size() == 1);
  loop.run();
  CHECK(group.size() == 0);
}
