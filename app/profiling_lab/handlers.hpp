#pragma once

#include <profiling_lab/faults/fault_library.hpp>
#include <profiling_lab/faults/retained_memory.hpp>
#include <profiling_lab/instance.hpp>
#include <profiling_lab/settings.hpp>

#include <loopscope/capture/job_registry.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/metrics/families.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/awaitable.hpp>
#include <prometheus/gauge.h>

#include <chrono>
#include <string>

namespace lab {

/// The lab's own gauges.
struct lab_metrics {
  prometheus::Gauge& retained_bytes;
  prometheus::Gauge& retained_buffers;

  explicit lab_metrics(loopscope::metrics::families const& make);
};

/// GET -> is the service there? Public: load balancers and `--healthcheck` ask it.
struct health {
  environment app_env;
  std::chrono::steady_clock::time_point started;

  loopscope::http::response operator()(loopscope::http::request const& request) const;
};

/// What the lab holds and does; the memory routes respond with it too. \thread any
struct lab_status {
  settings const& values;
  instance const& who;
  retained_memory const& memory;
  loopscope::capture::job_registry const& jobs;
  std::string instance_json = to_json(who);

  [[nodiscard]] loopscope::http::response show() const;
  loopscope::http::response operator()(loopscope::http::request const& request) const;
};

/// POST ...?ms= -> blocks the loop, on purpose, and says for how long.
struct jam_event_loop {
  loopscope::http::response operator()(loopscope::http::request const& request) const;
};

/// POST ...?mb= -> retains that much; 507 if it would come near a memory limit.
struct leak_memory {
  retained_memory& memory;
  lab_metrics& metrics;
  lab_status status;

  loopscope::http::response operator()(loopscope::http::request const& request) const;
};

/// POST -> frees what was retained, and what faults leaked, and gives it back to the system.
struct clear_memory {
  retained_memory& memory;
  fault_library& faults;
  lab_metrics& metrics;
  loopscope::runtime::loop_thread& bulk_lane;
  lab_status status;

  boost::asio::awaitable<loopscope::http::response> operator()(
      loopscope::http::request const& request) const;
};

}  // namespace lab
