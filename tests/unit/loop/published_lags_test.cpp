#include "support/catch.hpp"

#include <loopscope/loop/published_lags.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

using namespace std::chrono_literals;
using loopscope::loop::lag_histogram;
using loopscope::loop::published_lags;

namespace {

lag_histogram read(published_lags const& lags, std::int64_t oldest = -1) {
  lag_histogram sum;
  lags.add_to(sum, oldest);
  return sum;
}

}  // namespace

TEST_CASE("Published lags read as they were recorded", "[loop]") {
  published_lags lags;
  lag_histogram expected;
  CHECK(read(lags).count() == 0);
  CHECK(lags.number() < 0);
  lags.begin(7);
  for (auto const lag : {2ms, 9ms, -1ms, 5ms, 5ms}) {
    lags.record(lag);
    expected.record(lag);
  }

  SECTION("for who asks for their stretch of time") {
    auto const seen = read(lags, 6);

    CHECK(lags.number() == 7);
    CHECK(seen.count() == expected.count());
    CHECK(seen.min() == expected.min());
    CHECK(seen.max() == expected.max());
    CHECK(seen.mean_seconds() == expected.mean_seconds());
    CHECK(seen.stddev_seconds() == expected.stddev_seconds());
    for (double const share : {0.0, 0.5, 0.9, 1.0})
      CHECK(seen.percentile(share) == expected.percentile(share));
  }

  SECTION("and not for later ones") {
    CHECK(read(lags, 7).count() == 0);
  }

  SECTION("and are gone when the next stretch begins") {
    lags.begin(19);
    lags.record(1ms);

    CHECK(lags.number() == 19);
    CHECK(read(lags).count() == 1);
    CHECK(read(lags).max() == 1ms);
  }
}

TEST_CASE("Published lags are read while they are recorded", "[loop]") {
  published_lags lags;
  lags.begin(0);
  std::atomic<bool> done{false};
  // In each stretch, all lags are of the length that its number says.
  std::thread loop{[&] {
    for (std::int64_t number = 0; number < 2'000; ++number) {
      lags.begin(number);
      for (int i = 0; i < 20; ++i) lags.record(std::chrono::milliseconds{1 + number % 2});
    }
    done = true;
  }};

  std::uint64_t mixed = 0;
  while (!done) {
    auto const seen = read(lags);
    if (seen.count() > 0 && seen.max() != seen.min()) ++mixed;
  }
  loop.join();

  CHECK(mixed == 0);
  CHECK(read(lags).count() == 20);
}
