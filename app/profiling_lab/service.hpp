#pragma once

#include <profiling_lab/orphans.hpp>
#include <profiling_lab/routes.hpp>

#include <loopscope/control/diagnostics.hpp>
#include <loopscope/http/server.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <cstdint>
#include <optional>

namespace lab {

/// The lab, put together: its loop, listener, signals and faults, and loopscope's diagnostics. As
/// process 1 it reaps orphans too.
/// \thread the one that calls run(): it is the loop thread
class service {
 public:
  /// Listens at once, and keeps SIGINT and SIGTERM for run().
  /// \param values  outlives the service, like `log`.
  /// \throws std::system_error if the port cannot be used; if the lab is open, also for the
  ///         artifact directory and the encoder.
  service(settings const& values, instance who, loopscope::logger& log);

  /// Serves until SIGINT or SIGTERM, then finishes what runs. A second signal ends the process
  /// at once with code 130, even while the loop is blocked.
  void run();

  [[nodiscard]] std::uint16_t port() const { return server_.endpoint().port(); }

 private:
  boost::asio::awaitable<void> shut_down();
  void await_signals();

  settings const& settings_;
  instance who_;
  loopscope::logger& log_;
  boost::asio::io_context loop_{1};
  loopscope::control::diagnostics diagnostics_;
  boost::asio::signal_set signals_;
  std::optional<orphan_reaper> orphans_;  // on the control thread, like signals_
  retained_memory memory_;
  fault_library faults_;
  lab_metrics metrics_;
  loopscope::control::exchange_log observer_;
  loopscope::http::router router_;
  loopscope::http::server server_;
};

}  // namespace lab
