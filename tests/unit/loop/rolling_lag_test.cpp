#include "support/catch.hpp"

#include <loopscope/loop/lag_monitor.hpp>

#include <chrono>
#include <cstdint>

using namespace std::chrono_literals;
using loopscope::loop::lag_histogram;
using loopscope::loop::rolling_lag;
using clock_type = rolling_lag::clock;

namespace {

// A loop that has only a clock: it ticks as `monitor_lag` does.
struct imagined_loop {
  rolling_lag lag;
  // At the beginning of a 5 s window, so that the borders below are exact.
  clock_type::time_point now{clock_type::duration{100'000s}};
  clock_type::time_point due = now + rolling_lag::tick;

  void tick_at(clock_type::time_point time) {
    now = time;
    lag.record(due, now);
    due = now + rolling_lag::tick;
  }

  void run_until(clock_type::time_point end) {
    while (due <= end) tick_at(due);
  }

  // Blocks from `now` on: the tick that is due meanwhile comes at the end.
  void stall(clock_type::duration length) { tick_at(now + length); }

  [[nodiscard]] lag_histogram recent() const { return lag.recent(now); }
};

}  // namespace

TEST_CASE("Lag is lateness", "[loop]") {
  imagined_loop loop;

  SECTION("zero for a tick on time") {
    loop.run_until(loop.now + 100ms);

    CHECK(loop.recent().count() == 10);
    CHECK(loop.recent().max() == 0ns);
    CHECK(loop.lag.current(loop.now) == 0ns);
  }

  SECTION("a tick due in 10 ms that came after 12 counts 2") {
    loop.tick_at(loop.now + 12ms);

    CHECK(loop.recent().count() == 1);
    CHECK(loop.recent().max() == 2ms);
    CHECK(loop.lag.current(loop.now) == 2ms);
  }

  SECTION("never negative") {
    loop.tick_at(loop.now + 9ms);

    CHECK(loop.recent().max() == 0ns);
    CHECK(loop.lag.current(loop.now) == 0ns);
  }
}

TEST_CASE("A late tick stands for all that it kept away", "[loop]") {
  imagined_loop loop;

  SECTION("with a lag 10 ms shorter each") {
    loop.tick_at(loop.due + 45ms);
    auto const lags = loop.recent();

    CHECK(lags.count() == 5);  // 45, 35, 25, 15, 5
    CHECK(lags.max() == 45ms);
    CHECK(lags.min() == 5ms);
    CHECK(lags.mean_seconds() == Approx(0.025));
  }

  SECTION("none of them without any lag") {
    loop.tick_at(loop.due + 30ms);

    CHECK(loop.recent().count() == 3);  // 30, 20, 10
    CHECK(loop.recent().min() == 10ms);
  }

  SECTION("so one stall of 250 ms every 2 s has its p99 near 230 ms") {
    for (int i = 0; i < 30; ++i) {
      auto const end = loop.now + 2s;
      loop.stall(250ms);
      loop.run_until(end);
    }
    auto const lags = loop.recent();

    CHECK(lags.max() == 240ms);
    CHECK(lags.percentile(0.99) >= 215ms);
    CHECK(lags.percentile(0.99) <= 240ms);
    CHECK(lags.percentile(0.9) >= 35ms);
    CHECK(lags.percentile(0.9) <= 60ms);
    CHECK(lags.percentile(0.5) <= 1us);
  }

  SECTION("but for no more than the span, however long the loop stood still") {
    loop.stall(10h);

    CHECK(loop.recent().count() == std::uint64_t{60s / 10ms});
    CHECK(loop.recent().max() == 10h - 10ms);
  }
}

TEST_CASE("Lag is forgotten after 60 s", "[loop]") {
  imagined_loop loop;
  auto const start = loop.now;
  loop.stall(110ms);

  SECTION("not before 55 s") {
    CHECK(loop.lag.recent(start + 55s).max() == 100ms);
    CHECK(loop.lag.recent(start + 60s - 1ns).max() == 100ms);
  }

  SECTION("when nothing ticks any more") {
    CHECK(loop.lag.recent(start + 60s).count() == 0);
    CHECK(loop.lag.recent(start + 1h).count() == 0);
  }

  SECTION("when the loop runs on") {
    loop.run_until(start + 59s);
    CHECK(loop.recent().max() == 100ms);
    loop.run_until(start + 60s);

    CHECK(loop.recent().max() == 0ns);
    CHECK(loop.recent().count() <= 6000);
    CHECK(loop.recent().count() > 5400);
  }

  SECTION("when its window is used again much later") {
    loop.due = start + 10h;
    loop.tick_at(loop.due + 7ms);

    CHECK(loop.recent().count() == 1);
    CHECK(loop.recent().max() == 7ms);
  }
}

TEST_CASE("The current lag", "[loop]") {
  imagined_loop loop;

  SECTION("is nothing before the first tick") {
    CHECK(loop.lag.current(loop.now) == 0ns);
    CHECK(loop.lag.current(loop.now + 1h) == 0ns);
  }

  SECTION("is the latest tick's until the next is due") {
    loop.tick_at(loop.due + 3ms);

    CHECK(loop.lag.current(loop.now) == 3ms);
    CHECK(loop.lag.current(loop.due) == 3ms);
    CHECK(loop.lag.current(loop.due + 3ms) == 3ms);
  }

  SECTION("grows while a tick is overdue") {
    loop.tick_at(loop.due + 3ms);

    CHECK(loop.lag.current(loop.due + 4ms) == 4ms);
    CHECK(loop.lag.current(loop.due + 5s) == 5s);
  }

  SECTION("falls with the first tick on time") {
    loop.stall(5s);
    loop.run_until(loop.due);

    CHECK(loop.lag.current(loop.now) == 0ns);
  }
}

TEST_CASE("Reading the lag changes nothing", "[loop]") {
  imagined_loop loop;
  loop.stall(110ms);
  auto const now = loop.now;

  auto const before = loop.lag.recent(now);
  CHECK(loop.lag.recent(now + 1h).count() == 0);
  CHECK(loop.lag.current(now + 1h) > 59min);
  auto const after = loop.lag.recent(now);

  CHECK(after.count() == before.count());
  CHECK(after.max() == before.max());
  CHECK(loop.lag.current(now) == 100ms);
}
