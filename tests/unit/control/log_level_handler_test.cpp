#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/diagnostics.hpp"

#include <loopscope/control/log_level_handler.hpp>

#include <string>
#include <variant>

using namespace loopscope;
using test::asked;

namespace {

asked to_level(std::string const& level) {
  asked request{http::verb::put};
  request.parameters.set("level", level);
  return request;
}

}  // namespace

TEST_CASE("Setting the log level", "[control]") {
  boost::asio::io_context io{1};
  test::captured_log log;
  control::set_log_level const handler{log.log()};

  SECTION("changes what is logged from then on") {
    auto const [name, level] = GENERATE(table<std::string, log_level>({
        {"debug", log_level::debug},
        {"info", log_level::info},
        {"warn", log_level::warn},
        {"error", log_level::error},
    }));
    CAPTURE(name);

    auto const reply = test::call(io, handler, to_level(name));

    CHECK(reply.code() == http::status::ok);
    CHECK(test::json_of(reply) == boost::json::object{{"level", name}});
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

  SECTION("takes every level that there is, and has to be told one") {
    auto const parameters = control::log_level_parameters();
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
