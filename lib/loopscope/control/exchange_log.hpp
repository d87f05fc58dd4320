#pragma once

#include <loopscope/base/log.hpp>
#include <loopscope/http/exchange.hpp>
#include <loopscope/metrics/http_metrics.hpp>

#include <string>
#include <utility>

namespace loopscope::control {

/// Turns every exchange into metrics, an audit line if it was guarded, and a request line at level
/// debug. One for each listener. \thread the listener's loop
class exchange_log final : public http::exchange_observer {
 public:
  /// \param log           outlives the object, like the registry.
  /// \param metrics_path  is not recorded: it would measure its own observer.
  exchange_log(logger& log, metrics::families const& families, std::string metrics_path)
      : log_{log}, metrics_{families}, metrics_path_{std::move(metrics_path)} {}

  void finished(http::exchange const& what) override;

 private:
  void audit(http::exchange const& what);
  void access(http::exchange const& what);

  logger& log_;
  metrics::http_metrics metrics_;
  std::string metrics_path_;
};

}  // namespace loopscope::control
