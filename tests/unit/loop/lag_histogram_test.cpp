#include "support/catch.hpp"

#include <loopscope/loop/lag_histogram.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace std::chrono_literals;
using loopscope::loop::lag_histogram;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

namespace {

// The percentile of a histogram that holds `value` and, so that max() does not cap it, an hour.
nanoseconds read_back(nanoseconds value) {
  lag_histogram lags;
  lags.record(value);
  lags.record(18h);
  return lags.percentile(0.5);
}

void check_precision(nanoseconds value) {
  CAPTURE(value.count());
  auto const read = read_back(value);

  CHECK(read >= value);
  CHECK(read - value <= std::max<nanoseconds>(value / 32, 1us));
}

}  // namespace

TEST_CASE("An empty lag histogram reads zero", "[loop]") {
  lag_histogram const lags;

  CHECK(lags.count() == 0);
  CHECK(lags.min() == 0ns);
  CHECK(lags.max() == 0ns);
  CHECK(lags.mean_seconds() == 0);
  CHECK(lags.stddev_seconds() == 0);
  for (double const share : {0.0, 0.5, 1.0}) CHECK(lags.percentile(share) == 0ns);
}

TEST_CASE("A lag is read back to 1/32, never too low", "[loop]") {
  SECTION("at every border of a bucket") {
    for (int bits = 0; bits < 36; ++bits)
      for (int part = 0; part < 32; ++part) {
        auto const border = microseconds{(std::int64_t{1} << bits) * (32 + part) / 32};
        if (border > 17h) continue;
        check_precision(border - 1ns);
        check_precision(border);
        check_precision(border + 1ns);
      }
  }

  SECTION("over all magnitudes") {
    double us = 1;
    while (us < 6e10) {
      check_precision(nanoseconds{static_cast<std::int64_t>(us * 1e3)});
      us *= 1.0137;
    }
  }
}

TEST_CASE("What a lag histogram does not cover counts all the same", "[loop]") {
  lag_histogram lags;

  SECTION("negative as zero") {
    lags.record(-5ms);

    CHECK(lags.count() == 1);
    CHECK(lags.min() == 0ns);
    CHECK(lags.max() == 0ns);
    CHECK(lags.mean_seconds() == 0);
    CHECK(lags.percentile(1) == 0ns);
  }

  SECTION("beyond 19 hours in the last bucket") {
    auto const huge = GENERATE(as<nanoseconds>{}, 20h, 1000h, nanoseconds::max());
    lags.record(1ms);
    lags.record(huge);

    CHECK(lags.max() == huge);
    CHECK(lags.percentile(1) > 19h);
    CHECK(lags.percentile(0.5) < 2ms);
  }
}

TEST_CASE("Percentiles of a lag histogram", "[loop]") {
  lag_histogram lags;
  for (int ms = 100; ms >= 1; --ms) lags.record(std::chrono::milliseconds{ms});

  SECTION("are the value that this share lies under") {
    auto const [share, value] = GENERATE(table<double, nanoseconds>({
        {0, 1ms},
        {0.01, 1ms},
        {0.011, 2ms},
        {0.5, 50ms},
        {0.9, 90ms},
        {0.99, 99ms},
        {0.991, 100ms},
        {1, 100ms},
    }));
    CAPTURE(share);

    CHECK(lags.percentile(share) >= value);
    CHECK(lags.percentile(share) <= value + value / 32);
  }

  SECTION("never lie beyond what was recorded") {
    CHECK(lags.percentile(1) == 100ms);

    lag_histogram same;
    for (int i = 0; i < 10; ++i) same.record(1'234'567ns);
    for (double const share : {0.0, 0.5, 0.99, 1.0}) CHECK(same.percentile(share) == 1'234'567ns);
  }

  SECTION("of short lags neither") {
    lag_histogram same;
    same.record(1'900ns);

    CHECK(same.percentile(0.5) == same.min());
  }
}

TEST_CASE("Minimum, maximum, mean and deviation are exact", "[loop]") {
  lag_histogram lags;
  for (auto const lag : {2ms, 4ms, 4ms, 4ms, 5ms, 5ms, 7ms, 9ms}) lags.record(lag);

  CHECK(lags.count() == 8);
  CHECK(lags.min() == 2ms);
  CHECK(lags.max() == 9ms);
  CHECK(lags.mean_seconds() == Approx(0.005));
  CHECK(lags.stddev_seconds() == Approx(0.002));

  SECTION("and the deviation of equal lags is nothing") {
    lag_histogram same;
    for (int i = 0; i < 1000; ++i) same.record(12'345'678ns);

    CHECK(same.stddev_seconds() < 1e-8);
    CHECK_FALSE(std::isnan(same.stddev_seconds()));
  }
}

TEST_CASE("A merged lag histogram is that of all lags together", "[loop]") {
  lag_histogram left, right, all;
  for (int i = 0; i < 1000; ++i) {
    auto const lag = microseconds{(i * 7919) % 100'003};
    (i % 3 == 0 ? left : right).record(lag);
    all.record(lag);
  }

  SECTION("in both directions") {
    auto const other_first = GENERATE(true, false);
    auto sum = other_first ? right : left;
    sum.merge(other_first ? left : right);

    CHECK(sum.count() == 1000);
    CHECK(sum.min() == all.min());
    CHECK(sum.max() == all.max());
    CHECK(sum.mean_seconds() == Approx(all.mean_seconds()));
    CHECK(sum.stddev_seconds() == Approx(all.stddev_seconds()));
    for (int percent = 0; percent <= 100; ++percent)
      CHECK(sum.percentile(percent / 100.0) == all.percentile(percent / 100.0));
  }

  SECTION("and an empty one adds nothing") {
    auto sum = all;
    sum.merge({});
    CHECK(sum.count() == 1000);
    CHECK(sum.min() == all.min());
    CHECK(sum.percentile(0.5) == all.percentile(0.5));

    lag_histogram from_empty;
    from_empty.merge(all);
    CHECK(from_empty.min() == all.min());
    CHECK(from_empty.max() == all.max());
  }
}
