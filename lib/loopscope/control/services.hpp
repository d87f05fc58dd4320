#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/log.hpp>
#include <loopscope/capture/cpu_recorder.hpp>
#include <loopscope/capture/heap_comparison.hpp>
#include <loopscope/capture/heap_recorder.hpp>
#include <loopscope/capture/job_registry.hpp>
#include <loopscope/loop/lag_monitor.hpp>
#include <loopscope/metrics/families.hpp>
#include <loopscope/metrics/service_metrics.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace loopscope::control {

/// Where a service has its diagnostics endpoints.
struct endpoint_paths {
  std::string prefix;   ///< such as `/debug`: everything at and below it is guarded
  std::string metrics;  ///< where metrics are scraped, by anybody
};

/// What captures are recorded with and kept in.
struct recording {
  artifacts::store& store;  ///< used on the short lane; its digest() on the bulk lane
  capture::cpu_recorder::services cpu;
  capture::heap_recorder::services heap;
  capture::heap_comparer& comparer;  ///< used on `control`
};

/// What the diagnostics endpoints work on. Everything outlives the routes.
struct services {
  logger& log;
  endpoint_paths const& paths;
  runtime::workers& workers;
  boost::asio::any_io_executor control;
  capture::job_registry& jobs;                  ///< used on `control`
  std::optional<control::recording> recording;  ///< none: its endpoints are not there
  loop::rolling_lag const& lag;
  metrics::families const& families;
  metrics::service_metrics& metrics;
  std::function<std::size_t()> connections;  ///< how many are open; asked on any thread
};

}  // namespace loopscope::control
