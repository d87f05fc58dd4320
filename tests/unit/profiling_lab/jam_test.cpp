#include "support/catch.hpp"

#include <profiling_lab/faults/jam.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

using namespace std::chrono_literals;

TEST_CASE("A jam", "[profiling_lab][faults]") {
  SECTION("computes for as long as it is asked to") {
    auto const asked = GENERATE(0ms, 1ms, 20ms);
    CAPTURE(asked.count());
    auto const started = std::chrono::steady_clock::now();

    lab::jam::rebuild_recommendations(asked);

    auto const took = std::chrono::steady_clock::now() - started;
    CHECK(took >= asked);
    CHECK(took < std::max(10 * asked, 100ms));
  }

  SECTION("has another result for another amount of work") {
    auto const none = lab::jam::rebuild_recommendations(0ms);
    auto const some = lab::jam::rebuild_recommendations(2ms);
    auto const more = lab::jam::rebuild_recommendations(20ms);

    CHECK(none != some);
    CHECK(some != more);
  }

  SECTION("has a result that JavaScript can hold") {
    CHECK(lab::jam::rebuild_recommendations(5ms) < std::uint64_t{1} << 53);
  }
}
