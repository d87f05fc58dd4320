#include "support/diagnostics.hpp"

#include "support/catch.hpp"
#include "support/planted.hpp"
#include "support/stored.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace asio = boost::asio;
using namespace loopscope;
using namespace std::chrono_literals;
using test::asked;
using test::json_of;

namespace {

// What a second listener would be: another thread with a loop, over the same routes.
struct second_listener {
  boost::asio::io_context& io;
  std::vector<http::route> const routes;

  second_listener(boost::asio::io_context& own, control::diagnostics const& of)
      : io{own}, routes{of.routes()} {}

  http::response call(std::string const& path, asked const& what) {
    auto const same = [&](http::route const& each) {
      return each.path == path && each.method == what.head.method();
    };
    auto const found = std::find_if(routes.begin(), routes.end(), same);
    REQUIRE(found != routes.end());
    return test::call(io, std::get<http::async_handler>(found->handler), what);
  }
};

// The value of a series without labels.
double value_of(std::string const& text, std::string const& name) {
  auto const row = text.find('\n' + name + ' ');
  REQUIRE(row != std::string::npos);
  return std::stod(text.substr(row + name.size() + 2));
}

// Runs the loop of `all` until `done()`.
void run_until(test::diagnostics& all, std::function<bool()> const& done) {
  auto const end = std::chrono::steady_clock::now() + 60s;
  all.io.restart();
  while (!done() && all.io.run_one_until(end) > 0) continue;
  REQUIRE(done());
}

}  // namespace

TEST_CASE("Diagnostics are read by another thread during a jam", "[control]") {
  boost::asio::io_context other{1};  // outlives the workers, which resume what runs on it
  test::diagnostics all;
  all.parts.start();
  auto const& lag = all.parts.services().lag;
  run_until(all, [&] { return lag.recent(std::chrono::steady_clock::now()).count() > 0; });
  std::promise<void> read;
  std::string metrics;
  boost::json::object artifacts;
  std::thread listener{[&] {
    second_listener second{other, all.parts};
    // Once the jam shows in the lag, which takes no more than its beginning.
    do {
      metrics = second.call("/api/metrics", asked{}).message.body();
    } while (value_of(metrics, "asio_eventloop_lag_seconds") < 0.05);
    artifacts = json_of(second.call("/api/lab/artifacts", asked{}));
    read.set_value();
  }};

  asio::post(all.io, [&] { read.get_future().wait(); });  // the jam
  all.io.restart();
  all.io.run_one();
  listener.join();

  CHECK(value_of(metrics, "http_connections") == test::diagnostics::open_connections);
  CHECK(artifacts.at("count").as_int64() == 0);
  test::run_on(all.io, all.parts.stop(0ms));
}

TEST_CASE("Diagnostics that are stopped", "[control]") {
  test::diagnostics all;
  all.parts.start();
  all.io.poll();

  SECTION("leave nothing to do on the loop") {
    test::run_on(all.io, all.parts.stop(0ms));
    all.io.restart();
    all.io.run();

    CHECK(all.io.stopped());
    CHECK(all.log.lines("task_failed").empty());
  }

  SECTION("cancel what records beyond the grace") {
    if (!cpu::loop_sampler::available()) return;
    auto const id = all.start_recording();
    REQUIRE(id);

    test::run_on(all.io, all.parts.stop(0ms));

    CHECK(all.tell_control([&] { return all.jobs.find(*id)->phase; }) ==
          capture::capture_phase::cancelled);
  }

  SECTION("let a capture that is ended come to its result within the grace") {
    if (!cpu::loop_sampler::available()) return;
    auto const id = all.start_recording();
    REQUIRE(id);
    all.take_samples();
    all.parts.end_captures();

    test::run_on(all.io, all.parts.stop(60s));

    CHECK(all.tell_control([&] { return all.jobs.find(*id)->phase; }) ==
          capture::capture_phase::done);
  }
}

TEST_CASE("Diagnostics evict what is too old when they start", "[control]") {
  test::diagnostics all;
  auto const saved = test::save(all.store, "old");
  std::filesystem::last_write_time(saved.path, std::filesystem::file_time_type::clock::now() - 25h);

  all.parts.start();

  run_until(all, [&] { return !std::filesystem::exists(saved.path); });
  test::run_on(all.io, all.parts.stop(0ms));
}

namespace {

struct start {
  boost::asio::io_context io{1};
  test::captured_log log;
  test::temp_dir dir;

  control::diagnostics made_with(bool open, std::filesystem::path const& directory,
                                 std::filesystem::path const& encoder) {
    control::diagnostics_settings settings;
    settings.paths = {"/d", "/m"};
    settings.open = open;
    settings.artifacts.directory = directory;
    settings.encoder = encoder;
    return {io.get_executor(), settings, log.log(), [] { return std::size_t{0}; }};
  }
};

}  // namespace

TEST_CASE("Diagnostics that are open do not start without what they need", "[control]") {
  start of;

  CHECK_THROWS_AS(of.made_with(true, of.dir / "missing", "/bin/true"), std::system_error);
  CHECK_THROWS_AS(of.made_with(true, of.dir.path(), of.dir / "missing"), std::system_error);
  CHECK_NOTHROW(of.made_with(true, of.dir.path(), "/bin/true"));
}

TEST_CASE("Diagnostics that are closed", "[control]") {
  start of;

  SECTION("need neither a directory nor an encoder") {
    auto closed = of.made_with(false, of.dir / "missing", of.dir / "missing");

    closed.start();
    of.io.poll();
    test::run_on(of.io, closed.stop(0ms));

    CHECK(of.log.lines("task_failed").empty());
    CHECK_FALSE(std::filesystem::exists(of.dir / "missing"));
  }

  SECTION("touch no directory") {
    auto const old = test::plant(of.dir / test::artifact_name("01230001"), "old", 24h * 365);
    auto closed = of.made_with(false, of.dir.path(), "/bin/true");

    closed.start();
    of.io.poll();
    test::run_on(of.io, closed.stop(0ms));

    CHECK(std::filesystem::exists(old));
    CHECK(std::distance(std::filesystem::directory_iterator{of.dir.path()}, {}) == 1);
  }

  SECTION("have no endpoint for captures and artifacts, and count none") {
    auto const closed = of.made_with(false, of.dir.path(), "/bin/true");
    auto const routes = closed.routes();
    auto const scrape = std::find_if(routes.begin(), routes.end(),
                                     [](auto const& each) { return each.path == "/m"; });
    REQUIRE(scrape != routes.end());

    for (auto const& each : routes) {
      CAPTURE(each.path);
      CHECK((each.path == "/m" || each.path == "/d/log-level"));
    }
    auto const text =
        test::call(of.io, std::get<http::async_handler>(scrape->handler), asked{}).message.body();
    CHECK(value_of(text, "loopscope_artifacts") == 0);
  }
}
