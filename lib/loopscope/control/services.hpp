#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/log.hpp>
#include <loopscope/capture/cpu_capture.hpp>
#include <loopscope/loop/lag_monitor.hpp>
#include <loopscope/metrics/service_metrics.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <prometheus/registry.h>

#include <cstddef>
#include <functional>

namespace loopscope::control {

/// What the diagnostics endpoints work on. Everything outlives the routes.
struct services {
  logger& log;
  runtime::workers& worker;
  artifacts::store& store;  ///< used on `worker` alone
  boost::asio::any_io_executor control;
  capture::cpu_capture& cpu;  ///< used on `control`
  loop::rolling_lag const& lag;
  prometheus::Registry& registry;
  metrics::service_metrics& metrics;
  std::function<std::size_t()> connections;  ///< how many are open; asked on the loop
};

}  // namespace loopscope::control
