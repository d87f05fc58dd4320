#include "support/catch.hpp"

#include <loopscope/base/capture_formats.hpp>

#include <set>
#include <string_view>

using namespace loopscope;

TEST_CASE("The table of formats", "[base]") {
  SECTION("has every extension once") {
    std::set<std::string_view> seen;
    for (auto const& each : capture_formats) CHECK(seen.insert(each.extension).second);
  }

  SECTION("finds a row by its extension") {
    for (auto const& each : capture_formats) CHECK(find_capture_format(each.extension) == &each);
    CHECK(find_capture_format("") == nullptr);
    CHECK(find_capture_format("exe") == nullptr);
    CHECK(find_capture_format(".raw") == nullptr);
  }

  SECTION("has the format for DevTools first") {
    CHECK(capture_formats.front().extension == "cpuprofile");
    CHECK(find_capture_format("heapsnapshot") < find_capture_format("heapprofile"));
  }
}

TEST_CASE("The kinds of captures have names", "[base]") {
  CHECK(to_text(capture_kind::cpu) == "cpu");
  CHECK(to_text(capture_kind::heap) == "heap");
}
