#include "support/catch.hpp"
#include "support/scrape.hpp"

#include <loopscope/metrics/http_metrics.hpp>

#include <prometheus/registry.h>

#include <chrono>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;

namespace {

struct recorder {
  prometheus::Registry registry;
  metrics::http_metrics http{registry};

  [[nodiscard]] test::scrape rows() const { return test::scrape{registry}; }
};

std::string const items = R"({method="GET",route="/api/items/:id",status_code="200"})";

}  // namespace

TEST_CASE("A request that got its response is counted and timed", "[metrics]") {
  recorder metrics;

  SECTION("under its method, route and status") {
    metrics.http.record("GET", "/api/items/:id", 200, 30ms);
    auto const rows = metrics.rows();

    CHECK(rows.value("http_requests_total" + items) == 1);
    CHECK(rows.value("http_request_duration_seconds_count" + items) == 1);
    CHECK(rows.value("http_request_duration_seconds_sum" + items).value() == Approx(0.03));
  }

  SECTION("in every bucket that is wide enough") {
    metrics.http.record("GET", "/", 200, 30ms);
    metrics.http.record("GET", "/", 200, 31s);
    metrics.http.record("GET", "/", 200, 1h);
    auto const [bound, count] = GENERATE(table<std::string, int>({
        {"0.001", 0},
        {"0.025", 0},
        {"0.05", 1},
        {"10", 1},
        {"30", 1},
        {"60", 2},
        {"+Inf", 3},
    }));
    CAPTURE(bound);

    CHECK(metrics.rows().value("http_request_duration_seconds_bucket"
                               R"({method="GET",route="/",status_code="200",le=")" +
                               bound + "\"}") == count);
  }

  SECTION("in the same series again") {
    for (int i = 0; i < 5; ++i) metrics.http.record("GET", "/api/items/:id", 200, 2ms);
    auto const rows = metrics.rows();

    CHECK(rows.count("http_requests_total{") == 1);
    CHECK(rows.value("http_requests_total" + items) == 5);
    CHECK(rows.value("http_request_duration_seconds_sum" + items).value() == Approx(0.01));
  }

  SECTION("in the same series even if the same words lie elsewhere in memory") {
    static char const get[] = "GET", route[] = "/api/items/:id";
    metrics.http.record("GET", "/api/items/:id", 200, 2ms);
    metrics.http.record(get, route, 200, 2ms);
    auto const rows = metrics.rows();

    CHECK(rows.count("http_requests_total{") == 1);
    CHECK(rows.value("http_requests_total" + items) == 2);
  }

  SECTION("in a series of its own if anything differs") {
    metrics.http.record("GET", "/a", 200, 2ms);
    metrics.http.record("PUT", "/a", 200, 2ms);
    metrics.http.record("GET", "/b", 200, 2ms);
    metrics.http.record("GET", "/a", 201, 2ms);
    auto const rows = metrics.rows();

    CHECK(rows.count("http_requests_total{") == 4);
    CHECK(rows.count("http_request_duration_seconds_count{") == 4);
    CHECK(rows.value(R"(http_requests_total{method="GET",route="/a",status_code="200"})") == 1);
  }
}

TEST_CASE("A response of 400 and above is an error", "[metrics]") {
  auto const [status, is_error] = GENERATE(table<unsigned, bool>({
      {101, false},
      {200, false},
      {304, false},
      {399, false},
      {400, true},
      {404, true},
      {499, true},
      {500, true},
      {507, true},
  }));
  CAPTURE(status);
  recorder metrics;
  metrics.http.record("GET", "/", status, 1ms);
  metrics.http.record("GET", "/", status, 1ms);
  auto const rows = metrics.rows();
  auto const labels = R"({method="GET",route="/",status_code=")" + std::to_string(status) + "\"}";

  CHECK(rows.value("http_requests_total" + labels) == 2);
  CHECK(rows.value("http_request_errors_total" + labels) ==
        (is_error ? std::optional{2.0} : std::nullopt));
}

TEST_CASE("No request, no series", "[metrics]") {
  recorder const metrics;

  CHECK(metrics.rows().count("http_requests_total{") == 0);
  CHECK(metrics.rows().count("http_request_errors_total{") == 0);
}
