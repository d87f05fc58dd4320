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

TEST_CASE("The files with frames that have no name", "[model]") {
  auto profile = test::named_profile();
  auto const frames = static_cast<double>(model::coverage_of(profile).frames);

  SECTION("are listed with their share of all frames") {
    auto const found = model::unresolved_modules(profile);

    REQUIRE(found.size() == 1);
    CHECK(found[0].path == "/usr/lib/libc.so.6");
    CHECK(found[0].share == Approx(1 / frames));
  }

  SECTION("come with the largest share first, and code of no file has no path") {
    profile.locations[0].named = false;  // of main, in most stacks
    profile.locations[2].named = false;
    profile.locations[2].module = model::code_location::no_module;

    auto const found = model::unresolved_modules(profile);

    REQUIRE(found.size() == 3);
    CHECK(found[0].path == "/srv/bin/lab");
    CHECK(found[1].path.empty());
    CHECK(found[1].share > found[2].share);
    CHECK(found[2].path == "/usr/lib/libc.so.6");
  }

  SECTION("leave out those that were changed, which are told apart") {
    profile.modules[1].is_changed = true;

    CHECK(model::unresolved_modules(profile).empty());
  }

  SECTION("are none where nothing was sampled") {
    CHECK(model::unresolved_modules({}).empty());
  }
}
