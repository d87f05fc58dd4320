#include "support/catch.hpp"
#include "support/diagnostics.hpp"
#include "support/route_rules.hpp"

#include <loopscope/control/routes.hpp>

#include <algorithm>
#include <string>

using namespace loopscope;

TEST_CASE("The diagnostics routes", "[control]") {
  test::diagnostics all;
  auto const routes = control::routes(all.services());

  SECTION("keep the rules for every route") {
    test::check_route_rules(routes);
  }

  SECTION("are public only for metrics") {
    for (auto const& each : routes) {
      CAPTURE(each.path);
      CHECK((each.access == http::access::open) == (each.path == control::metrics_path));
    }
  }

  SECTION("break nothing on purpose: faults belong to the lab") {
    for (auto const& each : routes) {
      CAPTURE(each.path);
      CHECK_THAT(std::string{each.path}, !test::ContainsSubstring("jam"));
      CHECK_THAT(std::string{each.path}, !test::ContainsSubstring("leak"));
    }
  }
}
