#pragma once

#include "support/catch.hpp"

#include <loopscope/http/router.hpp>
#include <loopscope/http/target.hpp>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loopscope::test {

/// What holds for every route table.
inline void check_route_rules(std::vector<http::route> const& routes,
                              std::string_view guarded_prefix = "/api/lab") {
  std::set<std::pair<http::verb, std::string>> seen;
  for (auto const& each : routes) {
    CAPTURE(each.path);
    CHECK(seen.emplace(each.method, each.path).second);
    CHECK(each.path.starts_with("/api/"));
    CHECK_FALSE(each.summary.empty());
    CHECK(std::visit([](auto const& handler) { return bool{handler}; }, each.handler));
    // Whether the guard or the row asks for the token, both say the same.
    auto const guarded = http::is_under(each.path, guarded_prefix);
    CHECK(guarded == (each.access == http::access::token));
  }

  http::router const router{routes};
  for (auto const& each : routes) {
    CAPTURE(each.path);
    auto const found = router.find(each.method, each.path);
    REQUIRE(found.route);
    CHECK(found.route->path == each.path);
    CHECK(found.route->method == each.method);
  }
}

}  // namespace loopscope::test
