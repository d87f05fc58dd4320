#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace loopscope::metrics {

/// A gauge without labels.
inline prometheus::Gauge& make_gauge(prometheus::Registry& registry, char const* name,
                                     char const* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

/// A counter without labels.
inline prometheus::Counter& make_counter(prometheus::Registry& registry, char const* name,
                                         char const* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

}  // namespace loopscope::metrics
