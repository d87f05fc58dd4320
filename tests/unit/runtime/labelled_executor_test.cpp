#include "support/catch.hpp"
#include "support/run.hpp"

#include <loopscope/base/work_label.hpp>
#include <loopscope/runtime/labelled_executor.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace loopscope;
namespace asio = boost::asio;

namespace {

constexpr std::string_view first_label = "first", second_label = "second";

std::string label_now() {
  return current_work_label ? std::string{*current_work_label} : "none";
}

// Notes the label at its start and after each kind of resumption.
asio::awaitable<void> noting(std::vector<std::string>& labels, runtime::workers& workers) {
  labels.push_back(label_now());
  auto const here = co_await asio::this_coro::executor;
  co_await asio::post(here, asio::use_awaitable);
  labels.push_back(label_now());
  asio::steady_timer timer{here, std::chrono::milliseconds{1}};
  co_await timer.async_wait(asio::use_awaitable);
  labels.push_back(label_now());
  co_await runtime::offload(workers.short_lane, [] {});
  labels.push_back(label_now());
}

struct labelled_loop {
  asio::io_context loop{1};
  runtime::workers workers;
  std::exception_ptr failure;

  void spawn(std::string_view const* label, std::vector<std::string>& labels) {
    asio::any_io_executor const executor = runtime::labelled_executor{loop.get_executor(), label};
    asio::co_spawn(executor, noting(labels, workers),
                   [this](std::exception_ptr error) { failure = std::move(error); });
  }
};

}  // namespace

TEST_CASE("A work label is set for a scope", "[base]") {
  CHECK(label_now() == "none");
  {
    work_label_scope const outer{&first_label};
    CHECK(label_now() == "first");
    {
      work_label_scope const inner{&second_label};
      CHECK(label_now() == "second");
      work_label_scope const none{nullptr};
      CHECK(label_now() == "none");
    }
    CHECK(label_now() == "first");
  }
  CHECK(label_now() == "none");
}

TEST_CASE("A coroutine on a labelled executor", "[runtime]") {
  labelled_loop work;
  std::vector<std::string> first, second, plain;

  SECTION("has the label from its start and after every resumption") {
    work.spawn(&first_label, first);
    work.loop.run_for(std::chrono::seconds{5});

    CHECK(first == std::vector<std::string>(4, "first"));
    CHECK_FALSE(work.failure);
  }

  SECTION("leaves others on the same loop theirs") {
    work.spawn(&first_label, first);
    work.spawn(&second_label, second);
    asio::co_spawn(work.loop, noting(plain, work.workers), [](std::exception_ptr const&) {});
    work.loop.run_for(std::chrono::seconds{5});

    CHECK(first == std::vector<std::string>(4, "first"));
    CHECK(second == std::vector<std::string>(4, "second"));
    CHECK(plain == std::vector<std::string>(4, "none"));
  }

  SECTION("leaves the thread without a label") {
    work.spawn(&first_label, first);
    work.loop.run_for(std::chrono::seconds{5});

    CHECK(label_now() == "none");
  }
}

TEST_CASE("A labelled executor leaves no label behind work that throws", "[runtime]") {
  asio::io_context loop{1};
  runtime::labelled_executor const executor{loop.get_executor(), &first_label};
  executor.execute([] { throw std::runtime_error{"boom"}; });

  CHECK_THROWS_WITH(loop.run(), "boom");
  CHECK(label_now() == "none");
}

TEST_CASE("Labelled executors are equal if executor and label are", "[runtime]") {
  asio::io_context loop{1}, other{1};
  runtime::labelled_executor const executor{loop.get_executor(), &first_label};

  CHECK(executor == runtime::labelled_executor{loop.get_executor(), &first_label});
  CHECK_FALSE(executor == runtime::labelled_executor{loop.get_executor(), &second_label});
  CHECK_FALSE(executor == runtime::labelled_executor{other.get_executor(), &first_label});
}
