#include <loopscope/metrics/http_metrics.hpp>

#include <functional>
#include <string>

namespace loopscope::metrics {

namespace {

// Up to the longest jam, so that a blocked loop shows in a bucket of its own.
prometheus::Histogram::BucketBoundaries buckets() {
  return {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
}

}  // namespace

std::size_t http_metrics::key_hash::operator()(key const& k) const noexcept {
  std::hash<void const*> const pointer;
  return (pointer(k.method) * 31 + pointer(k.route)) * 31 + k.status;
}

http_metrics::http_metrics(families const& make)
    : duration_{make.histograms("http_request_duration_seconds",
                                "Time from a complete request head to the written response.")},
      requests_{make.counters("http_requests_total", "Requests that had a response.")},
      errors_{make.counters("http_request_errors_total",
                            "Requests whose response had a status of 400 or above.")} {}

void http_metrics::record(std::string_view method, std::string_view route, unsigned status,
                          std::chrono::nanoseconds duration) {
  auto const which = key{method.data(), route.data(), status};
  auto found = known_.find(which);
  if (found == known_.end())
    found = known_.emplace(which, make_series(method, route, status)).first;
  auto const& [durations, requests, errors] = found->second;
  durations->Observe(std::chrono::duration<double>(duration).count());
  requests->Increment();
  if (errors) errors->Increment();
}

http_metrics::series http_metrics::make_series(std::string_view method, std::string_view route,
                                               unsigned status) {
  prometheus::Labels const labels{{"method", std::string{method}},
                                  {"route", std::string{route}},
                                  {"status_code", std::to_string(status)}};
  auto* const errors = status >= 400 ? &errors_.Add(labels) : nullptr;
  return {&duration_.Add(labels, buckets()), &requests_.Add(labels), errors};
}

}  // namespace loopscope::metrics
