#pragma once

#include <loopscope/metrics/families.hpp>
#include <loopscope/metrics/process_metrics.hpp>

#include <prometheus/gauge.h>

namespace loopscope::metrics {

/// Lateness of the event loop over the last 60 s, in seconds; `now` is the latest tick's.
struct lag_metrics {
  prometheus::Gauge& now;
  prometheus::Gauge& min;
  prometheus::Gauge& max;
  prometheus::Gauge& mean;
  prometheus::Gauge& stddev;
  prometheus::Gauge& p50;
  prometheus::Gauge& p90;
  prometheus::Gauge& p99;

  explicit lag_metrics(families const& make);
};

/// The allocator's memory. Make it only where there are figures: a gauge of zero would lie.
struct tcmalloc_metrics {
  prometheus::Gauge& allocated;
  prometheus::Gauge& heap;
  prometheus::Gauge& page_heap_free;
  prometheus::Gauge& page_heap_unmapped;
  prometheus::Gauge& thread_cache;
  prometheus::Gauge& central_cache;

  explicit tcmalloc_metrics(families const& make);
};

/// Everything that loopscope exposes of a service but its requests, see http_metrics.
/// \thread short worker for `process`; gauges are atomic: any
struct service_metrics {
  process_metrics process;
  lag_metrics lag;
  prometheus::Gauge& uptime;
  prometheus::Gauge& connections;
  prometheus::Gauge& artifacts;
  prometheus::Gauge& artifact_bytes;

  explicit service_metrics(families const& make);
};

}  // namespace loopscope::metrics
