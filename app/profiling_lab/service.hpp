#pragma once

#include <profiling_lab/routes.hpp>

#include <loopscope/capture/cpu_recorder.hpp>
#include <loopscope/capture/encoder.hpp>
#include <loopscope/control/control_thread.hpp>
#include <loopscope/control/exchange_log.hpp>
#include <loopscope/cpu/loop_sampler.hpp>
#include <loopscope/cpu/native_profiler.hpp>
#include <loopscope/http/server.hpp>
#include <loopscope/runtime/task_group.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <cstdint>

namespace lab {

/// The lab, put together: every object of it, in the order in which they need each other.
/// \thread the one that calls run(): it is the loop thread
class service {
 public:
  /// Listens at once.
  /// \param values  outlives the service, like `log`.
  /// \throws std::system_error if the port, the artifact directory or the encoder cannot be used.
  service(settings const& values, instance who, loopscope::logger& log);

  /// Serves until SIGINT or SIGTERM, then finishes what runs. A second signal ends the process
  /// at once with code 130, even while the loop is blocked.
  void run();

  [[nodiscard]] std::uint16_t port() const { return server_.endpoint().port(); }

 private:
  boost::asio::awaitable<void> keep_artifacts_fresh();
  boost::asio::awaitable<void> shut_down();
  void await_signals();

  settings const& settings_;
  instance who_;
  loopscope::logger& log_;
  boost::asio::io_context loop_{1};
  prometheus::Registry registry_;
  loopscope::metrics::service_metrics metrics_{registry_};
  lab_metrics lab_metrics_{registry_};
  loopscope::artifacts::store store_;
  loopscope::cpu::loop_sampler sampler_;
  loopscope::cpu::native_profiler native_;
  loopscope::capture::cpu_recorder recorder_{sampler_, native_, store_};
  loopscope::capture::encoder encoder_;
  loopscope::loop::rolling_lag lag_;
  retained_memory memory_;
  loopscope::runtime::workers worker_;
  loopscope::control::control_thread control_;
  boost::asio::signal_set signals_;
  loopscope::capture::cpu_capture cpu_;
  loopscope::control::exchange_log observer_;
  loopscope::http::guard guard_;
  loopscope::http::router router_;
  loopscope::http::server server_;
  loopscope::runtime::task_group background_;
};

}  // namespace lab
