#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>
#include <utility>

namespace loopscope::metrics {

/// Makes metrics in a registry, all of their names with one prefix. Asking for a metric that is
/// there gives the same again. \thread any
class families {
 public:
  /// \param registry  outlives the metrics.
  /// \param prefix    such as `shop_`; may be empty.
  families(prometheus::Registry& registry, std::string prefix = {})
      : registry_{registry}, prefix_{std::move(prefix)} {}

  [[nodiscard]] prometheus::Gauge& gauge(std::string const& name, std::string const& help) const {
    return prometheus::BuildGauge().Name(prefix_ + name).Help(help).Register(registry_).Add({});
  }

  [[nodiscard]] prometheus::Counter& counter(std::string const& name,
                                             std::string const& help) const {
    return counters(name, help).Add({});
  }

  [[nodiscard]] prometheus::Family<prometheus::Counter>& counters(std::string const& name,
                                                                  std::string const& help) const {
    return prometheus::BuildCounter().Name(prefix_ + name).Help(help).Register(registry_);
  }

  [[nodiscard]] prometheus::Family<prometheus::Histogram>& histograms(
      std::string const& name, std::string const& help) const {
    return prometheus::BuildHistogram().Name(prefix_ + name).Help(help).Register(registry_);
  }

  [[nodiscard]] prometheus::Family<prometheus::Gauge>& gauges(std::string const& name,
                                                              std::string const& help) const {
    return prometheus::BuildGauge().Name(prefix_ + name).Help(help).Register(registry_);
  }

  [[nodiscard]] prometheus::Registry& registry() const noexcept { return registry_; }

 private:
  prometheus::Registry& registry_;
  std::string prefix_;
};

}  // namespace loopscope::metrics
