#pragma once

#include <loopscope/base/log.hpp>
#include <loopscope/http/exchange.hpp>
#include <loopscope/metrics/http_metrics.hpp>

namespace loopscope::control {

/// Turns every exchange into metrics, an audit line if it was guarded, and a request line at level
/// debug. `/api/metrics` is not recorded: it would measure its own observer. \thread loop
class exchange_log final : public http::exchange_observer {
 public:
  exchange_log(logger& log, metrics::http_metrics& metrics) : log_{log}, metrics_{metrics} {}

  void finished(http::exchange const& what) override;

 private:
  void audit(http::exchange const& what);
  void access(http::exchange const& what);

  logger& log_;
  metrics::http_metrics& metrics_;
};

}  // namespace loopscope::control
