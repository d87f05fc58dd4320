#include "support/catch.hpp"
#include "support/scrape.hpp"

#include <loopscope/base/build_id.hpp>
#include <loopscope/base/version.hpp>
#include <loopscope/metrics/http_metrics.hpp>
#include <loopscope/metrics/service_metrics.hpp>

#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>
#include <prometheus/registry.h>

#include <chrono>
#include <set>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;
using prometheus::MetricType;

namespace {

struct service {
  prometheus::Registry registry;
  metrics::http_metrics http{registry};
  metrics::service_metrics all{registry};
  metrics::tcmalloc_metrics allocator{registry};

  service() { http.record("GET", "/missing", 404, 1ms); }
};

}  // namespace

TEST_CASE("A service exposes its metrics by name", "[metrics]") {
  service const service;
  auto const name = GENERATE(
      as<std::string>{},  //
      "http_connections", "process_uptime_seconds", "process_cpu_user_seconds_total",
      "process_cpu_system_seconds_total", "process_cpu_seconds_total", "process_start_time_seconds",
      "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_heap_bytes",
      "process_open_fds", "process_max_fds", "process_threads", "asio_eventloop_lag_seconds",
      "asio_eventloop_lag_min_seconds", "asio_eventloop_lag_max_seconds",
      "asio_eventloop_lag_mean_seconds", "asio_eventloop_lag_stddev_seconds",
      "asio_eventloop_lag_p50_seconds", "asio_eventloop_lag_p90_seconds",
      "asio_eventloop_lag_p99_seconds", "loopscope_artifacts", "loopscope_artifact_bytes",
      "tcmalloc_allocated_bytes", "tcmalloc_heap_bytes", "tcmalloc_page_heap_free_bytes",
      "tcmalloc_page_heap_unmapped_bytes", "tcmalloc_thread_cache_bytes",
      "tcmalloc_central_cache_bytes");
  CAPTURE(name);

  CHECK(test::scrape{service.registry}.value(name).has_value());
}

TEST_CASE("A gauge shows under the name of its field", "[metrics]") {
  service service;
  auto& lag = service.all.lag;
  auto& heap = service.allocator;
  lag.now.Set(1);
  lag.min.Set(2);
  lag.max.Set(3);
  lag.mean.Set(4);
  lag.stddev.Set(5);
  lag.p50.Set(6);
  lag.p90.Set(7);
  lag.p99.Set(8);
  service.all.uptime.Set(9);
  service.all.connections.Set(10);
  service.all.artifacts.Set(11);
  service.all.artifact_bytes.Set(12);
  heap.allocated.Set(13);
  heap.heap.Set(14);
  heap.page_heap_free.Set(15);
  heap.page_heap_unmapped.Set(16);
  heap.thread_cache.Set(17);
  heap.central_cache.Set(18);

  auto const [name, value] = GENERATE(table<std::string, int>({
      {"asio_eventloop_lag_seconds", 1},
      {"asio_eventloop_lag_min_seconds", 2},
      {"asio_eventloop_lag_max_seconds", 3},
      {"asio_eventloop_lag_mean_seconds", 4},
      {"asio_eventloop_lag_stddev_seconds", 5},
      {"asio_eventloop_lag_p50_seconds", 6},
      {"asio_eventloop_lag_p90_seconds", 7},
      {"asio_eventloop_lag_p99_seconds", 8},
      {"process_uptime_seconds", 9},
      {"http_connections", 10},
      {"loopscope_artifacts", 11},
      {"loopscope_artifact_bytes", 12},
      {"tcmalloc_allocated_bytes", 13},
      {"tcmalloc_heap_bytes", 14},
      {"tcmalloc_page_heap_free_bytes", 15},
      {"tcmalloc_page_heap_unmapped_bytes", 16},
      {"tcmalloc_thread_cache_bytes", 17},
      {"tcmalloc_central_cache_bytes", 18},
  }));
  CAPTURE(name);

  CHECK(test::scrape{service.registry}.value(name) == value);
}

TEST_CASE("Metrics keep Prometheus' rules", "[metrics]") {
  service const service;
  auto const families = service.registry.Collect();
  REQUIRE(families.size() > 20);

  SECTION("counters, and only they, end in _total") {
    for (auto const& family : families) {
      CAPTURE(family.name);
      CHECK(family.name.ends_with("_total") == (family.type == MetricType::Counter));
    }
  }

  SECTION("a name is lower-case words, and none occurs twice") {
    std::set<std::string> names;
    for (auto const& family : families) {
      CHECK_THAT(family.name, Catch::Matchers::Matches("[a-z]+(_[a-z0-9]+)+"));
      CHECK(names.insert(family.name).second);
    }
  }

  SECTION("help is a sentence") {
    for (auto const& family : families) {
      CAPTURE(family.name, family.help);
      CHECK(family.help.size() > 10);
      CHECK(family.help.ends_with("."));
    }
  }

  SECTION("times are seconds, sizes bytes") {
    auto const other_unit = Catch::Matchers::Matches(
        ".*_(ms|us|ns|milliseconds|minutes|kb|mb|kilobytes|megabytes)(_.*)?");
    for (auto const& family : families) CHECK_THAT(family.name, !other_unit);
  }
}

TEST_CASE("The build is named in labels", "[metrics]") {
  service const service;
  test::scrape const rows{service.registry};
  auto const version_label = "version=\"" + std::string{version()} + "\"";
  auto const id_label = "build_id=\"" + executable_build_id() + "\"";

  REQUIRE(rows.count("loopscope_build_info{") == 1);
  for (auto const& row : rows.rows()) {
    if (!row.starts_with("loopscope_build_info{")) continue;
    CHECK_THAT(row, test::ContainsSubstring(version_label));
    CHECK_THAT(row, test::ContainsSubstring(id_label));
    CHECK_THAT(row, test::ContainsSubstring("compiler=\"g++ "));
    CHECK_THAT(row, Catch::Matchers::EndsWith("} 1"));
  }
}

TEST_CASE("Without an allocator that reports figures there are no allocator metrics", "[metrics]") {
  prometheus::Registry registry;
  metrics::service_metrics const all{registry};

  CHECK(test::scrape{registry}.count("tcmalloc_") == 0);
}
