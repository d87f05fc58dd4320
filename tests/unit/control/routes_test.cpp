#include "support/catch.hpp"
#include "support/diagnostics.hpp"
#include "support/route_rules.hpp"

#include <string>

using namespace loopscope;

TEST_CASE("The diagnostics routes", "[control]") {
  test::diagnostics all;
  auto const routes = all.parts.routes();

  SECTION("keep the rules for every route") {
    test::check_route_rules(routes);
  }

  SECTION("are public only for metrics") {
    for (auto const& each : routes) {
      CAPTURE(each.path);
      CHECK((each.access == http::access::open) == (each.path == "/api/metrics"));
    }
  }

  SECTION("break nothing on purpose: faults belong to the lab") {
    for (auto const& each : routes) {
      CAPTURE(each.path);
      CHECK_THAT(std::string{each.path}, !test::ContainsSubstring("jam"));
      CHECK_THAT(std::string{each.path}, !test::ContainsSubstring("leak"));
    }
  }

  SECTION("lie where the service wants them") {
    control::endpoint_paths const paths{"/debug/loop", "/metrics"};
    auto const& s = all.parts.services();
    control::services const elsewhere{s.log,       paths, s.workers,  s.control, s.jobs,
                                      s.recording, s.lag, s.families, s.metrics, s.connections};

    for (auto const& each : control::routes(elsewhere)) {
      CAPTURE(each.path);
      auto const guarded = http::is_under(each.path, "/debug/loop");
      CHECK(guarded == (each.access == http::access::token));
      CHECK((guarded || each.path == "/metrics"));
    }
  }
}
