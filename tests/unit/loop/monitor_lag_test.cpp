#include "support/catch.hpp"

#include <loopscope/loop/lag_monitor.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <exception>

using namespace std::chrono_literals;
namespace asio = boost::asio;
using loopscope::loop::monitor_lag;
using loopscope::loop::rolling_lag;
using clock_type = rolling_lag::clock;

namespace {

// A real loop that runs nothing but the monitor.
struct monitored_loop {
  rolling_lag lag;
  asio::io_context loop{1};
  asio::cancellation_signal cancel;
  bool ended = false;
  std::exception_ptr failure;

  monitored_loop() {
    auto done = [this](std::exception_ptr const& error) {
      failure = error;
      ended = true;
    };
    asio::co_spawn(loop, monitor_lag(lag), asio::bind_cancellation_slot(cancel.slot(), done));
  }

  [[nodiscard]] std::uint64_t ticks() const { return lag.recent(clock_type::now()).count(); }

  // Runs the loop until `count` more lags are recorded.
  void run_for_ticks(std::uint64_t count) {
    auto const wanted = ticks() + count;
    auto const patience = clock_type::now() + 5s;
    while (ticks() < wanted && clock_type::now() < patience) loop.run_one_until(patience);
    REQUIRE(ticks() >= wanted);
  }

  // Keeps the loop's thread busy.
  static void block(clock_type::duration length) {
    auto const end = clock_type::now() + length;
    while (clock_type::now() < end) continue;
  }
};

}  // namespace

TEST_CASE("The lag monitor of a real loop", "[loop]") {
  monitored_loop monitored;
  auto const start = clock_type::now();

  SECTION("ticks no faster than every 10 ms") {
    monitored.run_for_ticks(1);
    auto const first = clock_type::now();
    CHECK(first - start >= 9ms);
    auto const before = monitored.ticks();
    monitored.run_for_ticks(3);
    auto const passed = clock_type::now() - first;

    CHECK(monitored.ticks() - before <= static_cast<std::uint64_t>(passed / 9ms));
  }

  SECTION("sees a block of 60 ms, and the ticks that it kept away") {
    monitored.run_for_ticks(1);
    auto const before = monitored.ticks();
    auto const blocked_at = clock_type::now();
    monitored_loop::block(60ms);
    CHECK(monitored.lag.current(clock_type::now()) >= 49ms);
    monitored.run_for_ticks(1);
    auto const lags = monitored.lag.recent(clock_type::now());

    CHECK(lags.max() >= 49ms);
    CHECK(lags.max() <= clock_type::now() - blocked_at);
    CHECK(monitored.ticks() - before >= 5);
  }

  SECTION("ends without an error when it is cancelled") {
    auto const type = GENERATE(asio::cancellation_type::total, asio::cancellation_type::terminal);
    monitored.run_for_ticks(1);
    CHECK_FALSE(monitored.ended);
    monitored.cancel.emit(type);
    monitored.loop.run_for(5s);

    CHECK(monitored.ended);
    CHECK_FALSE(monitored.failure);
  }
}
