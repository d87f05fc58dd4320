#include "support/catch.hpp"
#include "support/run.hpp"

#include <loopscope/runtime/task_group.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <exception>
#include <future>
#include <memory>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace loopscope;
namespace asio = boost::asio;

namespace {

// Where the steps of one offloaded call ran.
struct trace {
  std::thread::id before, work, after;
};

asio::awaitable<trace> traced(runtime::workers& workers) {
  trace seen;
  seen.before = std::this_thread::get_id();
  auto job = [&] { seen.work = std::this_thread::get_id(); };
  co_await runtime::offload(workers.short_lane, std::move(job));
  seen.after = std::this_thread::get_id();
  co_return seen;
}

// Has no default, and can only be moved.
struct parcel {
  explicit parcel(int v) : value{std::make_unique<int>(v)} {}
  std::unique_ptr<int> value;
};

}  // namespace

TEST_CASE("Offloaded work leaves the loop thread and comes back", "[runtime]") {
  asio::io_context loop{1};
  runtime::workers workers;

  auto const first = test::run_on(loop, traced(workers));
  auto const second = test::run_on(loop, traced(workers));

  CHECK(first.before == std::this_thread::get_id());
  CHECK(first.after == first.before);
  CHECK(first.work != first.before);
  CHECK(first.work != std::thread::id{});
  CHECK(second.work == first.work);  // a lane has only one thread
}

TEST_CASE("Offloaded work returns", "[runtime]") {
  asio::io_context loop{1};
  runtime::workers workers;

  SECTION("a value") {
    CHECK(test::run_on(loop, runtime::offload(workers.short_lane,
                                              [] { return std::string{"done"}; })) == "done");
  }

  SECTION("a value that has no default and cannot be copied") {
    CHECK(
        *test::run_on(loop, runtime::offload(workers.short_lane, [] { return parcel{7}; })).value ==
        7);
  }

  SECTION("a value made of what it alone owns") {
    auto job = [owned = std::make_unique<int>(3)]() mutable { return std::move(owned); };
    auto const result = test::run_on(loop, runtime::offload(workers.short_lane, std::move(job)));

    CHECK(*result == 3);
  }

  SECTION("nothing") {
    auto done = false;
    test::run_on(loop, runtime::offload(workers.short_lane, [&] { done = true; }));

    CHECK(done);
  }

  SECTION("an exception, which the caller gets") {
    CHECK_THROWS_WITH(
        test::run_on(loop, runtime::offload(workers.short_lane,
                                            []() -> parcel { throw std::runtime_error{"disk"}; })),
        "disk");
    CHECK_THROWS_AS(
        test::run_on(loop, runtime::offload(workers.short_lane, [] { throw std::bad_alloc{}; })),
        std::bad_alloc);
    CHECK(test::run_on(loop, runtime::offload(workers.short_lane, [] { return 1; })) == 1);
  }
}

TEST_CASE("Offloaded work runs in the order of the calls", "[runtime]") {
  asio::io_context loop{1};
  runtime::workers workers;
  std::vector<int> order;  // only the worker touches it
  auto failed = false;
  runtime::task_group tasks{loop.get_executor(), [&](std::exception_ptr const&) { failed = true; }};
  for (int i = 0; i < 50; ++i)
    tasks.spawn([&, i] {
      return runtime::offload(workers.short_lane, [&order, i] { order.push_back(i); });
    });
  test::run_on(loop, tasks.wait());
  workers.join();

  CHECK_FALSE(failed);
  REQUIRE(order.size() == 50);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("Cancelling does not leave offloaded work alone with its captures", "[runtime]") {
  asio::io_context loop{1};
  runtime::workers workers;
  std::promise<void> started, may_end;
  auto captured = std::make_unique<std::string>("still there");
  std::string seen;
  runtime::task_group tasks{loop.get_executor(), [](std::exception_ptr const&) {}};
  tasks.spawn([&]() -> asio::awaitable<void> {
    auto job = [&, owned = std::move(captured)] {
      started.set_value();
      may_end.get_future().wait();
      seen = *owned;
    };
    co_await runtime::offload(workers.short_lane, std::move(job));
  });
  loop.poll();
  started.get_future().wait();

  tasks.cancel(asio::cancellation_type::terminal);
  loop.restart();
  loop.poll();
  CHECK(tasks.size() == 1);
  may_end.set_value();
  test::run_on(loop, tasks.wait());

  CHECK(tasks.size() == 0);
  CHECK(seen == "still there");
}

TEST_CASE("The loop goes on while work is offloaded", "[runtime]") {
  asio::io_context loop{1};
  runtime::workers workers;
  std::promise<void> loop_ran;
  auto wait_for_loop = [&] { loop_ran.get_future().wait(); };
  asio::post(loop, [&] { asio::post(loop, [&] { loop_ran.set_value(); }); });

  CHECK_NOTHROW(test::run_on(loop, runtime::offload(workers.short_lane, std::move(wait_for_loop))));
}

TEST_CASE("A lane", "[runtime]") {
  asio::io_context loop{1};
  runtime::workers workers;

  SECTION("blocks every signal, so that none interrupts it") {
    auto const blocked = test::run_on(loop, runtime::offload(workers.short_lane, [] {
                                        sigset_t mask;
                                        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
                                        return mask;
                                      }));

    for (int const number : std::array{SIGPROF, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGRTMIN})
      CHECK(sigismember(&blocked, number) == 1);
  }

  SECTION("of bulk work yields to the others") {
    auto const niceness = [] { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); };
    auto const here = niceness();
    auto const bulk = test::run_on(loop, runtime::offload(workers.bulk_lane, niceness));
    auto const quick = test::run_on(loop, runtime::offload(workers.short_lane, niceness));

    CHECK(bulk == std::max(here, runtime::workers::bulk_niceness));
    CHECK(quick == here);
  }

  SECTION("does what was handed over before it is joined") {
    auto done = 0;
    for (int i = 0; i < 10; ++i) asio::post(workers.short_lane.executor(), [&] { ++done; });
    workers.join();
    workers.join();

    CHECK(done == 10);
  }
}

TEST_CASE("What waits in one lane does not wait for the other", "[runtime]") {
  asio::io_context loop{1};
  runtime::workers workers;
  std::promise<void> may_end;
  auto bulk = [&] { may_end.get_future().wait(); };
  auto ended =
      asio::co_spawn(loop, runtime::offload(workers.bulk_lane, std::move(bulk)), asio::use_future);
  loop.poll();

  CHECK(test::run_on(loop, runtime::offload(workers.short_lane, [] { return 7; })) == 7);
  CHECK(ended.wait_for(std::chrono::seconds{0}) == std::future_status::timeout);
  may_end.set_value();
  workers.join();
  loop.restart();
  loop.poll();

  CHECK(ended.wait_for(std::chrono::seconds{0}) == std::future_status::ready);
}
