#include "support/catch.hpp"
#include "support/diagnostics.hpp"

#include <loopscope/control/routes.hpp>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

using namespace loopscope;
using test::asked;

namespace {

// The route that changes the log level of a service.
struct log_level_route {
  test::diagnostics all;
  std::vector<http::route> const routes = all.parts.routes();
  http::route const& route =
      *std::find_if(routes.begin(), routes.end(),
                    [](http::route const& each) { return each.path == "/api/lab/log-level"; });
  http::sync_handler const& handler = std::get<http::sync_handler>(route.handler);
};

asked to_level(std::string const& level) {
  asked request{http::verb::put};
  request.parameters.set("level", level);
  return request;
}

}  // namespace

TEST_CASE("Setting the log level", "[control]") {
  log_level_route service;
  auto& log = service.all.log;
  auto& io = service.all.io;
  auto const& handler = service.handler;

  SECTION("changes what is logged from then on") {
    auto const [name, level] = GENERATE(table<std::string, log_level>({
        {"debug", log_level::debug},
        {"info", log_level::info},
        {"warn", log_level::warn},
        {"error", log_level::error},
    }));
    CAPTURE(name);

    auto const response = test::call(io, handler, to_level(name));

    CHECK(response.code() == http::status::ok);
    CHECK(test::json_of(response) == boost::json::object{{"level", name}});
    CHECK(log.log().level() == level);
  }

  SECTION("leaves a line even when it silences the log") {
    test::call(io, handler, to_level("error"));
    test::call(io, handler, to_level("debug"));
    auto const lines = log.lines("log_level");

    REQUIRE(lines.size() == 2);
    CHECK(lines[0].at("level").as_string() == "audit");
    CHECK(lines[0].at("from").as_string() == "info");
    CHECK(lines[0].at("to").as_string() == "error");
    CHECK(lines[1].at("from").as_string() == "error");
    CHECK(lines[1].at("to").as_string() == "debug");
  }

  SECTION("takes every level that there is, and needs one") {
    auto const& parameters = service.route.parameters;
    auto const accepted = [&](std::string const& query) {
      return std::holds_alternative<http::arguments>(http::check_parameters(parameters, query));
    };

    CHECK(accepted("level=debug"));
    CHECK(accepted("level=info"));
    CHECK(accepted("level=warn"));
    CHECK(accepted("level=error"));
    CHECK_FALSE(accepted("level=trace"));
    CHECK_FALSE(accepted(""));
  }
}
