#include "support/catch.hpp"
#include "support/scrape.hpp"

#include <loopscope/metrics/families.hpp>
#include <loopscope/metrics/http_metrics.hpp>
#include <loopscope/metrics/service_metrics.hpp>

#include <prometheus/registry.h>

#include <chrono>

using namespace loopscope;
using namespace std::chrono_literals;

TEST_CASE("Metrics have the prefix that a service wants", "[metrics]") {
  prometheus::Registry registry;
  metrics::families const make{registry, "shop_"};
  metrics::service_metrics const all{make};
  metrics::http_metrics http{make};

  http.record("GET", "/", 200, 1ms);

  test::scrape const rows{registry};
  for (auto const& row : rows.rows()) {
    CAPTURE(row);
    CHECK((row.starts_with("shop_") || row.starts_with("# HELP shop_") ||
           row.starts_with("# TYPE shop_")));
  }
  CHECK(rows.count("shop_http_requests_total{") == 1);
}

TEST_CASE("A metric that is made twice is the same", "[metrics]") {
  prometheus::Registry registry;
  metrics::families const make{registry};

  make.counter("things_total", "Things.").Increment();
  make.counter("things_total", "Things.").Increment();

  CHECK(test::scrape{registry}.value("things_total") == 2);
}

TEST_CASE("Two listeners count into the same series", "[metrics]") {
  prometheus::Registry registry;
  metrics::http_metrics one{registry};
  metrics::http_metrics other{registry};

  one.record("GET", "/", 200, 1ms);
  other.record("GET", "/", 200, 1ms);

  test::scrape const rows{registry};
  CHECK(rows.value(R"(http_requests_total{method="GET",route="/",status_code="200"})") == 2);
  CHECK(rows.count("http_requests_total{") == 1);
}
