#include <loopscope/base/build_id.hpp>
#include <loopscope/metrics/families_impl.hpp>
#include <loopscope/metrics/service_metrics.hpp>

#include <string>

namespace loopscope::metrics {

lag_metrics::lag_metrics(prometheus::Registry& registry)
    : now{make_gauge(registry, "asio_eventloop_lag_seconds",
                     "How late the event loop's latest tick came.")},
      min{make_gauge(registry, "asio_eventloop_lag_min_seconds",
                     "Smallest event loop lag of the last 60 s.")},
      max{make_gauge(registry, "asio_eventloop_lag_max_seconds",
                     "Largest event loop lag of the last 60 s.")},
      mean{make_gauge(registry, "asio_eventloop_lag_mean_seconds",
                      "Mean event loop lag of the last 60 s.")},
      stddev{make_gauge(registry, "asio_eventloop_lag_stddev_seconds",
                        "Standard deviation of the event loop lag of the last 60 s.")},
      p50{make_gauge(registry, "asio_eventloop_lag_p50_seconds",
                     "Median event loop lag of the last 60 s.")},
      p90{make_gauge(registry, "asio_eventloop_lag_p90_seconds",
                     "90th percentile of the event loop lag of the last 60 s.")},
      p99{make_gauge(registry, "asio_eventloop_lag_p99_seconds",
                     "99th percentile of the event loop lag of the last 60 s.")} {}

tcmalloc_metrics::tcmalloc_metrics(prometheus::Registry& registry)
    : allocated{make_gauge(registry, "tcmalloc_allocated_bytes",
                           "Bytes that the program has allocated.")},
      heap{make_gauge(registry, "tcmalloc_heap_bytes",
                      "Bytes that the allocator took from the system, used or not.")},
      page_heap_free{make_gauge(registry, "tcmalloc_page_heap_free_bytes",
                                "Bytes in free pages that are kept for reuse.")},
      page_heap_unmapped{make_gauge(registry, "tcmalloc_page_heap_unmapped_bytes",
                                    "Bytes in free pages that were given back to the system.")},
      thread_cache{make_gauge(registry, "tcmalloc_thread_cache_bytes",
                              "Bytes of small free objects in the caches of threads.")},
      central_cache{make_gauge(registry, "tcmalloc_central_cache_bytes",
                               "Bytes of small free objects in the central cache.")} {}

service_metrics::service_metrics(prometheus::Registry& registry)
    : http{registry},
      process{registry},
      lag{registry},
      uptime{make_gauge(registry, "process_uptime_seconds", "Seconds since the service started.")},
      connections{make_gauge(registry, "http_connections", "Open connections.")},
      artifacts{make_gauge(registry, "loopscope_artifacts", "Artifacts in the store.")},
      artifact_bytes{make_gauge(registry, "loopscope_artifact_bytes",
                                "Bytes of all artifacts in the store.")} {
  prometheus::BuildGauge()
      .Name("loopscope_build_info")
      .Help("Always 1; the labels say what runs.")
      .Register(registry)
      .Add({{"version", std::string{version()}},
            {"build_id", executable_build_id()},
            {"compiler", "g++ " __VERSION__}})
      .Set(1);
}

}  // namespace loopscope::metrics
