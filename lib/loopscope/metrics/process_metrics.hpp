#pragma once

#include <loopscope/metrics/families.hpp>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace loopscope::metrics {

/// `process_*` under the names that Prometheus' client libraries share.
///
/// Source: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics, and
/// prom-client for the split into user and system time.
class process_metrics {
 public:
  explicit process_metrics(families const& make);

  /// Reads /proc and sets every value. \thread worker, one at a time: it opens files
  void update();

 private:
  prometheus::Counter& cpu_user_;
  prometheus::Counter& cpu_system_;
  prometheus::Counter& cpu_;
  prometheus::Gauge& start_time_;
  prometheus::Gauge& resident_;
  prometheus::Gauge& virtual_;
  prometheus::Gauge& heap_;
  prometheus::Gauge& open_fds_;
  prometheus::Gauge& max_fds_;
  prometheus::Gauge& threads_;
};

}  // namespace loopscope::metrics
