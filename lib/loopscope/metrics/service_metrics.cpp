#include <loopscope/base/build_id.hpp>
#include <loopscope/base/version.hpp>
#include <loopscope/metrics/service_metrics.hpp>

#include <string>

namespace loopscope::metrics {

lag_metrics::lag_metrics(families const& make)
    : now{make.gauge("asio_eventloop_lag_seconds", "How late the event loop's latest tick came.")},
      min{make.gauge("asio_eventloop_lag_min_seconds",
                     "Smallest event loop lag of the last 60 s.")},
      max{make.gauge("asio_eventloop_lag_max_seconds", "Largest event loop lag of the last 60 s.")},
      mean{make.gauge("asio_eventloop_lag_mean_seconds", "Mean event loop lag of the last 60 s.")},
      stddev{make.gauge("asio_eventloop_lag_stddev_seconds",
                        "Standard deviation of the event loop lag of the last 60 s.")},
      p50{make.gauge("asio_eventloop_lag_p50_seconds", "Median event loop lag of the last 60 s.")},
      p90{make.gauge("asio_eventloop_lag_p90_seconds",
                     "90th percentile of the event loop lag of the last 60 s.")},
      p99{make.gauge("asio_eventloop_lag_p99_seconds",
                     "99th percentile of the event loop lag of the last 60 s.")} {}

tcmalloc_metrics::tcmalloc_metrics(families const& make)
    : allocated{make.gauge("tcmalloc_allocated_bytes", "Bytes that the program has allocated.")},
      heap{make.gauge("tcmalloc_heap_bytes",
                      "Bytes that the allocator took from the system, used or not.")},
      page_heap_free{make.gauge("tcmalloc_page_heap_free_bytes",
                                "Bytes in free pages that are kept for reuse.")},
      page_heap_unmapped{make.gauge("tcmalloc_page_heap_unmapped_bytes",
                                    "Bytes in free pages that were given back to the system.")},
      thread_cache{make.gauge("tcmalloc_thread_cache_bytes",
                              "Bytes of small free objects in the caches of threads.")},
      central_cache{make.gauge("tcmalloc_central_cache_bytes",
                               "Bytes of small free objects in the central cache.")} {}

service_metrics::service_metrics(families const& make)
    : process{make},
      lag{make},
      uptime{make.gauge("process_uptime_seconds", "Seconds since the service started.")},
      connections{make.gauge("http_connections", "Open connections.")},
      artifacts{make.gauge("loopscope_artifacts", "Artifacts in the store.")},
      artifact_bytes{
          make.gauge("loopscope_artifact_bytes", "Bytes of all artifacts in the store.")} {
  make.gauges("loopscope_build_info", "Always 1; the labels say what runs.")
      .Add({{"version", std::string{version()}},
            {"build_id", executable_build_id()},
            {"compiler", "g++ " __VERSION__}})
      .Set(1);
}

}  // namespace loopscope::metrics
