#include "support/catch.hpp"
#include "support/lab.hpp"
#include "support/route_rules.hpp"

#include <algorithm>
#include <set>
#include <string>

using namespace loopscope;

TEST_CASE("The lab's routes", "[profiling_lab][lab]") {
  test::lab_parts all;
  auto const services = all.services();
  auto const routes = lab::routes(services);

  SECTION("keep the rules for every route") {
    test::check_route_rules(routes);
  }

  SECTION("have the diagnostics routes among them") {
    for (auto const& each : all.diagnostics.parts.routes()) {
      auto const same = [&](http::route const& other) {
        return other.path == each.path && other.method == each.method;
      };
      CAPTURE(each.path);
      CHECK(std::any_of(routes.begin(), routes.end(), same));
    }
  }

  SECTION("are public only for health and metrics") {
    std::set<std::string> open;
    for (auto const& each : routes)
      if (each.access == http::access::open) open.insert(each.path);

    CHECK(open == std::set<std::string>{"/api/health", "/api/metrics"});
  }
}
