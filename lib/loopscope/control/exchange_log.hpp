#pragma once

#include <loopscope/base/log.hpp>
#include <loopscope/http/exchange.hpp>
#include <loopscope/metrics/http_metrics.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace loopscope::control {

/// Turns every exchange into metrics, an audit line if it was guarded, and a request line at level
/// debug. One for each listener.
///
/// An admitted call waits for its line, should the log have no room. Refused calls may come from
/// anybody and as fast as they like: after `refused_burst` of them only `refused_per_second` have a
/// line, and a line `refused_calls_suppressed` says how many had none, with the next exchange or at
/// the end. Paths are cut after 512 bytes. \thread the listener's loop
class exchange_log final : public http::exchange_observer {
 public:
  static constexpr double refused_burst = 100;
  static constexpr double refused_per_second = 10;

  /// \param log           outlives the object, like the registry.
  /// \param metrics_path  is not recorded: it would measure its own observer.
  exchange_log(logger& log, metrics::families const& families, std::string metrics_path)
      : log_{log}, metrics_{families}, metrics_path_{std::move(metrics_path)} {}

  ~exchange_log() override { report_suppressed(); }
  exchange_log(exchange_log const&) = delete;
  exchange_log& operator=(exchange_log const&) = delete;

  bool audit(http::exchange const& what) override;
  void finished(http::exchange const& what) override;

 private:
  using clock = std::chrono::steady_clock;

  bool write_audit(http::exchange const& what);
  void audit_refused(http::exchange const& what);
  void report_suppressed();
  void access(http::exchange const& what);

  logger& log_;
  metrics::http_metrics metrics_;
  std::string metrics_path_;
  double refused_lines_left_ = refused_burst;
  clock::time_point refilled_ = clock::now();
  clock::time_point reported_ = clock::now();
  std::uint64_t suppressed_ = 0;
};

}  // namespace loopscope::control
