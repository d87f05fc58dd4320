#include "support/catch.hpp"
#include "support/diagnostics.hpp"
#include "support/stored.hpp"

#include <loopscope/control/scrape_handler.hpp>
#include <loopscope/heap/allocator.hpp>

#include <chrono>
#include <sstream>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;
using test::ContainsSubstring;

namespace {

struct scraped {
  test::diagnostics all;
  loop::rolling_lag lag;
  metrics::http_metrics http{all.parts.services().families};
  http::async_handler scrape = make_handler(all.parts.services());

  // Of the real thing but for the lag, which a test sets.
  http::async_handler make_handler(control::services const& s) {
    control::services const with{s.log,       s.paths, s.workers,  s.control, s.jobs,
                                 s.recording, lag,     s.families, s.metrics, s.connections};
    return control::make_scrape_handler(with);
  }

  http::response response() { return test::call(all.io, scrape, test::asked{}); }
  std::string text() { return response().message.body(); }
};

// The value of a series without labels.
double value_of(std::string const& text, std::string const& name) {
  std::istringstream in{text};
  for (std::string row; std::getline(in, row);)
    if (row.starts_with(name + ' ')) return std::stod(row.substr(name.size()));
  FAIL("no metric " << name);
  return 0;
}

}  // namespace

TEST_CASE("A scrape", "[control]") {
  scraped service;

  SECTION("is Prometheus' text format") {
    auto const response = service.response();

    CHECK(response.code() == http::status::ok);
    CHECK(response.message[http::field::content_type] ==
          "text/plain; version=0.0.4; charset=utf-8");
    CHECK_THAT(response.message.body(), Catch::Matchers::EndsWith("\n"));
  }

  SECTION("has every metric by its name") {
    service.http.record("GET", "/", 500, 1ms);
    auto const name =
        GENERATE(as<std::string>{}, "http_request_duration_seconds_bucket{", "http_requests_total{",
                 "http_request_errors_total{", "process_cpu_seconds_total ",
                 "process_resident_memory_bytes ", "process_open_fds ",
                 "process_start_time_seconds ", "process_uptime_seconds ", "loopscope_build_info{",
                 "http_connections ", "loopscope_artifacts ", "loopscope_artifact_bytes ",
                 "asio_eventloop_lag_seconds ", "asio_eventloop_lag_min_seconds ",
                 "asio_eventloop_lag_max_seconds ", "asio_eventloop_lag_mean_seconds ",
                 "asio_eventloop_lag_stddev_seconds ", "asio_eventloop_lag_p50_seconds ",
                 "asio_eventloop_lag_p90_seconds ", "asio_eventloop_lag_p99_seconds ");
    CAPTURE(name);

    CHECK_THAT(service.text(), ContainsSubstring('\n' + name));
  }

  SECTION("shows the allocator where there are figures, and no zeros where there are none") {
    auto const text = service.text();

    CHECK((text.find("\ntcmalloc_allocated_bytes ") != std::string::npos) ==
          heap::read_allocator_stats().has_value());
    if (heap::read_allocator_stats()) CHECK(value_of(text, "tcmalloc_allocated_bytes") > 0);
  }

  SECTION("shows what the store holds") {
    test::save(service.all.store, "0123456789");

    auto const text = service.text();

    CHECK(value_of(text, "loopscope_artifacts") == 1);
    CHECK(value_of(text, "loopscope_artifact_bytes") == 10);
  }

  SECTION("shows how late the loop has been") {
    auto const now = loop::rolling_lag::clock::now();
    service.lag.record(now - 200ms, now);

    auto const text = service.text();

    CHECK(value_of(text, "asio_eventloop_lag_max_seconds") == Approx(0.2));
    CHECK(value_of(text, "asio_eventloop_lag_p50_seconds") < 0.2);
    CHECK(value_of(text, "asio_eventloop_lag_min_seconds") <
          value_of(text, "asio_eventloop_lag_mean_seconds"));
  }

  SECTION("changes nothing that the next one would show") {
    auto const now = loop::rolling_lag::clock::now();
    service.lag.record(now - 200ms, now);

    auto const first = service.text();
    auto const second = service.text();

    CHECK(value_of(first, "asio_eventloop_lag_max_seconds") ==
          value_of(second, "asio_eventloop_lag_max_seconds"));
    CHECK(value_of(first, "process_uptime_seconds") < value_of(second, "process_uptime_seconds"));
  }
}
