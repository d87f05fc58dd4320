#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

#include <loopscope/capture/job_registry.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using namespace loopscope;
using namespace std::chrono_literals;
using capture::capture_job;
using capture::capture_phase;
using capture::capture_result;
using capture::job_registry;
using capture::started_capture;

namespace {

using outcome = result<capture_result>;

std::string stem_of(std::string const& id) {
  return "cpu-2026-01-02T03-04-05.678Z-" + id;
}

// A registry on a loop of this thread, and captures that do nothing but wait for their end.
struct registry {
  asio::io_context io{1};
  test::captured_log log;
  job_registry jobs{io.get_executor(), log.log()};
  int next = 0;

  // NOLINTNEXTLINE(bugprone-exception-escape): a test that cannot clean up had better end
  ~registry() { run(jobs.drain(0ms)); }

  template <class T>
  T run(asio::awaitable<T> op) {
    return test::run_on(io, std::move(op));
  }

  // Until it is cancelled or ended early.
  static asio::awaitable<outcome> wait_for_end(capture_job& job) {
    co_await job.sleep_until(std::chrono::steady_clock::time_point::max());
    if (job.is_cancelled()) co_return errc::cancelled;
    capture_result done;
    done.figures["early"] = job.ends_early();
    co_return done;
  }

  static asio::awaitable<result<started_capture>> begun(std::string id, auto record) {
    co_return started_capture{stem_of(id), record};
  }

  result<std::string> start(capture_kind kind = capture_kind::cpu) {
    return start(kind, wait_for_end);
  }

  result<std::string> start(capture_kind kind, auto record) {
    auto const number = std::to_string(++next);
    auto const id = std::string(8 - number.size(), '0') + number;
    auto begin = [id, record] { return begun(id, record); };
    return run(jobs.start(kind, {{"seconds", 7}}, begin));
  }

  capture::capture_state ended(std::string const& id) { return *run(jobs.wait(id)); }
};

}  // namespace

TEST_CASE("A capture of any kind", "[capture]") {
  registry all;
  auto const id = all.start();
  REQUIRE(id);

  SECTION("is known by the id in the names of its files") {
    CHECK(*id == "00000001");
    CHECK(all.jobs.find(*id)->phase == capture_phase::sampling);
    CHECK(all.jobs.find(*id)->request.at("seconds").as_int64() == 7);
    CHECK(all.jobs.running(capture_kind::cpu) == *id);
    CHECK_FALSE(all.jobs.find("00000002"));
    CHECK_FALSE(all.run(all.jobs.wait("00000002")));
  }

  SECTION("is alone of its kind") {
    auto const second = all.start();

    REQUIRE_FALSE(second);
    CHECK(second.error() == errc::busy);
    CHECK(all.jobs.in_progress(capture_kind::cpu));
  }

  SECTION("runs beside one of another kind") {
    auto const other = all.start(capture_kind::heap);

    REQUIRE(other);
    CHECK(all.jobs.running(capture_kind::cpu) == *id);
    CHECK(all.jobs.running(capture_kind::heap) == *other);
    CHECK(all.jobs.in_progress(capture_kind::heap));
  }

  SECTION("can be ended early, and keeps what it has") {
    all.jobs.finish_early();
    auto const state = all.ended(*id);

    CHECK(state.phase == capture_phase::done);
    CHECK(state.result.figures.at("early").as_bool());
    CHECK_FALSE(all.jobs.in_progress(capture_kind::cpu));
    CHECK_FALSE(all.jobs.running(capture_kind::cpu));
  }

  SECTION("ends at once if all have been ended early") {
    all.jobs.finish_early();
    all.ended(*id);

    auto const later = all.start();

    REQUIRE(later);
    CHECK(all.ended(*later).phase == capture_phase::done);
  }

  SECTION("can be cancelled, also when it has ended") {
    CHECK(all.jobs.cancel(*id));
    CHECK(all.ended(*id).phase == capture_phase::cancelled);
    CHECK(all.ended(*id).error == errc::cancelled);
    CHECK(all.jobs.cancel(*id));
    CHECK_FALSE(all.jobs.cancel("00000002"));
  }

  SECTION("is cancelled at the end of a drain") {
    all.run(all.jobs.drain(0ms));

    CHECK(all.ended(*id).phase == capture_phase::cancelled);
  }
}

TEST_CASE("A capture that fails", "[capture]") {
  registry all;

  SECTION("before it begins is not known, and makes way for the next") {
    auto begin = []() -> asio::awaitable<result<started_capture>> { co_return errc::unsupported; };
    auto const refused = all.run(all.jobs.start(capture_kind::cpu, {}, begin));

    REQUIRE_FALSE(refused);
    CHECK(refused.error() == errc::unsupported);
    CHECK_FALSE(all.jobs.in_progress(capture_kind::cpu));
    CHECK(all.start());
  }

  SECTION("with an exception before it begins passes it on, and makes way for the next") {
    auto begin = []() -> asio::awaitable<result<started_capture>> {
      throw std::runtime_error{"no timer left"};
      co_return errc::unsupported;
    };

    CHECK_THROWS_WITH(all.run(all.jobs.start(capture_kind::cpu, {}, begin)), "no timer left");
    CHECK_FALSE(all.jobs.in_progress(capture_kind::cpu));
  }

  SECTION("says why, and leaves a line in the log") {
    auto record = [](capture_job& job) -> asio::awaitable<outcome> {
      job.state.detail = "the disk is on fire";
      co_return storage_error(EIO);
    };
    auto const id = all.start(capture_kind::heap, record);
    REQUIRE(id);
    auto const state = all.ended(*id);
    auto const lines = all.log.lines("capture_failed");

    CHECK(state.phase == capture_phase::failed);
    CHECK(state.error == storage_error(EIO));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("id").as_string() == *id);
    CHECK(lines[0].at("kind").as_string() == "heap");
    CHECK(lines[0].at("reason").as_string() == storage_error(EIO).message());
    CHECK(lines[0].at("detail").as_string() == "the disk is on fire");
  }

  SECTION("with an exception keeps its words") {
    auto record = [](capture_job&) -> asio::awaitable<outcome> {
      throw std::runtime_error{"unheard of"};
      co_return errc::cancelled;
    };
    auto const id = all.start(capture_kind::cpu, record);
    REQUIRE(id);

    CHECK(all.ended(*id).phase == capture_phase::failed);
    CHECK(all.ended(*id).detail == "unheard of");
    CHECK_FALSE(all.jobs.in_progress(capture_kind::cpu));
  }
}

TEST_CASE("The latest captures are remembered", "[capture]") {
  constexpr int limit = 32;
  registry all;
  auto at_once = [](capture_job&) -> asio::awaitable<outcome> { co_return capture_result{}; };
  auto const running = all.start(capture_kind::heap);
  REQUIRE(running);
  auto const first = all.start(capture_kind::cpu, at_once);
  REQUIRE(first);
  all.ended(*first);
  auto const run_more = [&](int count) {
    for (int i = 0; i < count; ++i) all.ended(*all.start(capture_kind::cpu, at_once));
  };

  run_more(limit - 2);
  CHECK(all.jobs.find(*first));
  run_more(1);
  CHECK_FALSE(all.jobs.find(*first));

  SECTION("and one that runs is never forgotten") {
    run_more(limit);

    CHECK(all.jobs.find(*running));
  }
}

TEST_CASE("Work of a job ends with its cancellation", "[capture]") {
  registry all;
  bool ended_by_cancellation = false;
  auto record = [&](capture_job& job) -> asio::awaitable<outcome> {
    auto work = [](bool& cancelled) -> asio::awaitable<int> {
      asio::steady_timer forever{co_await asio::this_coro::executor,
                                 asio::steady_timer::time_point::max()};
      boost::system::error_code error;
      co_await forever.async_wait(asio::redirect_error(asio::use_awaitable, error));
      cancelled = error == asio::error::operation_aborted;
      co_return 7;
    };
    auto op = work(ended_by_cancellation);
    co_await job.cancellable(std::move(op));
    co_return errc::cancelled;
  };
  auto const id = all.start(capture_kind::cpu, record);
  REQUIRE(id);

  all.jobs.cancel(*id);

  CHECK(all.ended(*id).phase == capture_phase::cancelled);
  CHECK(ended_by_cancellation);
}
