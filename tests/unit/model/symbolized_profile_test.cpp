#include "support/catch.hpp"
#include "support/named_profile.hpp"

using namespace loopscope;

TEST_CASE("The coverage of a profile with names", "[model]") {
  SECTION("counts samples and their frames") {
    auto const sum = model::coverage_of(test::named_profile());

    CHECK(sum.samples == 10);
    CHECK(sum.idle == 3);
    CHECK(sum.frames == 2 * 3 + 2 * 2 + 2 * 3 + 3);
    CHECK(sum.unresolved == 1);
    CHECK(sum.unresolved_share() == Approx(1.0 / 19));
  }

  SECTION("of nothing is nothing") {
    auto const sum = model::coverage_of({});

    CHECK(sum.samples == 0);
    CHECK(sum.unresolved_share() == 0);
  }
}
