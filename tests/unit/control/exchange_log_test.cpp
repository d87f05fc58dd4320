#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/pipe.hpp"
#include "support/scrape.hpp"

#include <loopscope/control/exchange_log.hpp>

#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;

namespace {

struct observed {
  test::captured_log log;
  prometheus::Registry registry;
  metrics::families families{registry};
  control::exchange_log observer{log.log(), families, "/api/metrics"};

  explicit observed(log_level level = log_level::info) : log{level} {}

  // The number of requests with these labels; none if there is no such series.
  std::optional<double> requests(std::string const& method, std::string const& route, int status) {
    return test::scrape{registry}.value("http_requests_total{method=\"" + method + "\",route=\"" +
                                        route + "\",status_code=\"" + std::to_string(status) +
                                        "\"}");
  }
};

http::exchange example() {
  http::exchange what;
  what.id = "id-7";
  what.peer = "192.0.2.7";
  what.method = "GET";
  what.path = "/api/lab/artifacts/secret";
  what.route = "/api/lab/artifacts/{name}";
  what.status = http::status::ok;
  what.body_bytes = 10;
  what.duration = 1500us;
  return what;
}

}  // namespace

TEST_CASE("The metrics of an exchange", "[control]") {
  observed seen;
  auto what = example();

  SECTION("have its method, route and status, not its path") {
    seen.observer.finished(what);
    seen.observer.finished(what);

    CHECK(seen.requests("GET", "/api/lab/artifacts/{name}", 200) == 2);
    CHECK(test::scrape{seen.registry}.count("http_requests_total{") == 1);
  }

  SECTION("count every path without a route as one") {
    what.route = {};
    what.status = http::status::not_found;
    for (std::string const path : {"/a", "/b", "/c"}) {
      what.path = path;
      seen.observer.finished(what);
    }

    CHECK(seen.requests("GET", "(unmatched)", 404) == 3);
    CHECK(test::scrape{seen.registry}.count("http_requests_total{") == 1);
  }

  SECTION("count every made-up method as one") {
    for (std::string const method : {"BREW", "get", "X", ""}) {
      what.method = method;
      seen.observer.finished(what);
    }

    CHECK(seen.requests("(unknown)", "/api/lab/artifacts/{name}", 200) == 4);
    CHECK(test::scrape{seen.registry}.count("http_requests_total{") == 1);
  }

  SECTION("outlive the text of the method that came") {
    {
      std::string const method = "DELETE";
      what.method = method;
      seen.observer.finished(what);
    }

    CHECK(seen.requests("DELETE", "/api/lab/artifacts/{name}", 200) == 1);
  }

  SECTION("do not count the scrape itself") {
    what.route = "/api/metrics";
    seen.observer.finished(what);

    CHECK(test::scrape{seen.registry}.count("http_requests_total{") == 0);
  }
}

TEST_CASE("The audit line of a guarded exchange", "[control]") {
  observed seen{log_level::error};
  auto what = example();

  SECTION("says who did what with which outcome, at every log level") {
    using http::verdict;
    auto const [said, guard] = GENERATE(table<verdict, std::string>({
        {verdict::admitted, "admitted"},
        {verdict::closed, "closed"},
        {verdict::no_token, "no_token"},
        {verdict::wrong_token, "wrong_token"},
    }));
    auto const admitted = said == verdict::admitted;
    what.verdict = said;
    what.status = admitted ? http::status::ok : http::status::forbidden;
    CHECK(seen.observer.audit(what));
    seen.observer.finished(what);
    auto const lines = seen.log.lines();

    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("event").as_string() == "guarded_call");
    CHECK(lines[0].at("level").as_string() == "audit");
    CHECK(lines[0].at("id").as_string() == "id-7");
    CHECK(lines[0].at("peer").as_string() == "192.0.2.7");
    CHECK(lines[0].at("method").as_string() == "GET");
    CHECK(lines[0].at("path").as_string() == "/api/lab/artifacts/secret");
    CHECK(lines[0].at("outcome").as_string() == (admitted ? "allowed" : "refused"));
    CHECK(lines[0].at("guard").as_string() == guard);
    CHECK(lines[0].at("status").as_int64() == (admitted ? 200 : 403));
  }

  SECTION("is not written for what is public") {
    seen.observer.finished(what);

    CHECK(seen.log.lines().empty());
  }
}

TEST_CASE("Refused calls", "[control]") {
  test::captured_log log;
  prometheus::Registry registry;
  metrics::families families{registry};
  auto what = example();
  what.verdict = http::verdict::no_token;
  constexpr std::uint64_t flood = 5000;
  {
    control::exchange_log observer{log.log(), families, "/api/metrics"};
    for (std::uint64_t i = 0; i < flood; ++i) CHECK(observer.audit(what));
    what.verdict = http::verdict::admitted;
    CHECK(observer.audit(what));
  }
  auto const calls = log.lines("guarded_call");
  auto const suppressed = log.lines("refused_calls_suppressed");

  SECTION("have a line each only as long as they are few, an admitted one always") {
    CHECK(static_cast<double>(calls.size()) > control::exchange_log::refused_burst);
    CHECK(calls.size() < flood / 2);
    CHECK(calls.back().at("outcome").as_string() == "allowed");
  }

  SECTION("are counted all the same") {
    REQUIRE_FALSE(suppressed.empty());
    std::int64_t count = 0;
    for (auto const& line : suppressed) count += line.at("count").as_int64();
    CHECK(static_cast<std::size_t>(count) + calls.size() == flood + 1);
  }
}

TEST_CASE("An admitted call has to wait while the log has no room", "[control]") {
  test::small_pipe pipe;
  prometheus::Registry registry;
  metrics::families families{registry};
  auto what = example();
  {
    logger log{pipe.to.get(), log_level::info, bytes(1000)};
    control::exchange_log observer{log, families, "/api/metrics"};
    what.verdict = http::verdict::admitted;
    auto const end = std::chrono::steady_clock::now() + 60s;
    while (observer.audit(what)) REQUIRE(std::chrono::steady_clock::now() < end);

    what.verdict = http::verdict::wrong_token;
    CHECK(observer.audit(what));  // a refused one is counted instead

    pipe.from = file_descriptor{};
    what.verdict = http::verdict::admitted;
    while (!observer.audit(what)) REQUIRE(std::chrono::steady_clock::now() < end);
  }
}

TEST_CASE("The request line of an exchange", "[control]") {
  auto const level = GENERATE(log_level::debug, log_level::info);
  CAPTURE(to_text(level));
  observed seen{level};

  seen.observer.finished(example());
  auto const lines = seen.log.lines("request");

  SECTION("is written at level debug alone") {
    CHECK(lines.size() == (level == log_level::debug ? 1 : 0));
  }

  SECTION("says how long it took and how much was sent") {
    if (lines.empty()) return;
    CHECK(lines[0].at("id").as_string() == "id-7");
    CHECK(lines[0].at("method").as_string() == "GET");
    CHECK(lines[0].at("path").as_string() == "/api/lab/artifacts/secret");
    CHECK(lines[0].at("status").as_int64() == 200);
    CHECK(lines[0].at("durationMs").as_double() == 1.5);
    CHECK(lines[0].at("bytes").as_int64() == 10);
  }
}
