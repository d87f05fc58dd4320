#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/log.hpp>
#include <loopscope/base/secret.hpp>
#include <loopscope/capture/encoder.hpp>
#include <loopscope/capture/heap_comparison.hpp>
#include <loopscope/capture/job_registry.hpp>
#include <loopscope/control/exchange_log.hpp>
#include <loopscope/control/routes.hpp>
#include <loopscope/control/services.hpp>
#include <loopscope/cpu/gperftools_profiler.hpp>
#include <loopscope/cpu/loop_sampler.hpp>
#include <loopscope/http/guard.hpp>
#include <loopscope/http/router.hpp>
#include <loopscope/loop/lag_monitor.hpp>
#include <loopscope/metrics/families.hpp>
#include <loopscope/metrics/service_metrics.hpp>
#include <loopscope/runtime/loop_thread.hpp>
#include <loopscope/runtime/task_group.hpp>
#include <loopscope/runtime/workers.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <prometheus/registry.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace loopscope::control {

struct diagnostics_settings {
  endpoint_paths paths;
  std::string token_header;   ///< the name of the field that carries the token
  std::string metric_prefix;  ///< of every metric's name; may be empty
  bool open = false;          ///< whether the token opens what is guarded; if not, nothing is
                              ///< recorded: no directory and no encoder are needed or touched
  secret token;
  artifacts::settings artifacts;
  std::filesystem::path encoder;  ///< the `loopscope` program; empty: look for it
};

/// Everything that loopscope does for one service with one loop, put together: metrics, the
/// artifact store, captures of the loop's thread, and the endpoints over them, for the service's
/// own listener to serve.
///
/// Owns the control thread and the workers. Captures belong to the control thread, so one that has
/// started ends on time while the loop is blocked.
/// \thread the loop's, where it has to be made, but for control_executor() and end_captures()
class diagnostics {
 public:
  /// \param loop         runs on the calling thread and outlives the object, like `log`.
  /// \param connections  how many the service's listeners have open; asked on any thread.
  /// \throws std::system_error if it is open and cannot use the artifact directory or the encoder.
  diagnostics(boost::asio::any_io_executor loop, diagnostics_settings settings, logger& log,
              std::function<std::size_t()> connections);
  ~diagnostics();
  diagnostics(diagnostics const&) = delete;
  diagnostics& operator=(diagnostics const&) = delete;

  /// Starts to measure the loop's lag and, if it is open, to evict old artifacts.
  void start();

  /// Waits up to `grace` for captures, cancels what is left, and ends everything that start()
  /// began. Call it once, after the listeners have stopped.
  /// \cancel  not passed on.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds grace);

  /// Waits for the threads. Comes after stop(), when the loop has ended.
  void join();

  /// Ends sampling, now and of every later capture, so that responses still come within a grace.
  /// \thread any
  void end_captures();

  /// The endpoints, for a listener that uses guard() and an exchange_log of its own.
  [[nodiscard]] std::vector<http::route> routes() const { return control::routes(services_); }
  [[nodiscard]] http::guard const& guard() const noexcept { return guard_; }
  [[nodiscard]] control::exchange_log make_exchange_log() const;

  /// For what the service adds of its own.
  [[nodiscard]] control::services const& services() const noexcept { return services_; }

  /// The loop that goes on while the service's is blocked. \thread any
  [[nodiscard]] boost::asio::any_io_executor control_executor() { return control_.executor(); }

 private:
  // What is only there if somebody can be let in.
  struct recorder {
    explicit recorder(diagnostics_settings const& settings);
    recorder(diagnostics_settings const& settings, std::filesystem::path const& tool);

    artifacts::store store;
    capture::encoder encoder;
    capture::heap_comparer comparer;
    cpu::loop_sampler sampler;
    cpu::gperftools_profiler gperftools;
  };

  [[nodiscard]] std::optional<control::recording> recording();
  static boost::asio::awaitable<void> sweep(artifacts::store& store,
                                            runtime::loop_thread& short_lane);

  diagnostics_settings settings_;
  logger& log_;
  prometheus::Registry registry_;
  metrics::families families_;
  metrics::service_metrics metrics_{families_};
  std::optional<recorder> recorder_;
  loop::rolling_lag lag_;
  runtime::workers workers_;
  runtime::loop_thread control_;
  capture::job_registry jobs_;
  http::guard guard_;
  control::services services_;
  runtime::task_group background_;
};

}  // namespace loopscope::control
