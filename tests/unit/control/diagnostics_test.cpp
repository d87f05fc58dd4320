#include "support/diagnostics.hpp"

#include "support/catch.hpp"
#include "support/stored.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
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

TEST_CASE("Diagnostics do not start without what they need", "[control]") {
  boost::asio::io_context io{1};
  test::captured_log log;
  test::temp_dir const dir;
  auto const made_with = [&](std::filesystem::path const& directory,
                             std::filesystem::path const& encoder) {
    control::diagnostics_settings settings;
    settings.paths = {"/d", "/m"};
    settings.artifacts.directory = directory;
    settings.encoder = encoder;
    control::diagnostics const made{io.get_executor(), settings, log.log(),
                                    [] { return std::size_t{0}; }};
  };

  CHECK_THROWS_AS(made_with(dir / "missing", "/bin/true"), std::system_error);
  CHECK_THROWS_AS(made_with(dir.path(), dir / "missing"), std::system_error);
  CHECK_NOTHROW(made_with(dir.path(), "/bin/true"));
}
