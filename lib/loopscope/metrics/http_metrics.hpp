#pragma once

#include <loopscope/metrics/families.hpp>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>

#include <chrono>
#include <cstddef>
#include <string_view>
#include <unordered_map>

namespace loopscope::metrics {

/// `http_request_duration_seconds`, `http_requests_total` and `http_request_errors_total`, with
/// the labels method, route and status_code.
///
/// Errors are responses of 400 and above. Each listener has an object of its own; over one registry
/// they count into the same series. \thread the listener's loop
class http_metrics {
 public:
  explicit http_metrics(families const& make);

  /// \param method  one of a bounded set.
  /// \param route   the route's pattern, not the path: one of a bounded set.
  /// The series is remembered by the addresses of both texts: as long as this object records, no
  /// other text comes to lie there. O(1).
  void record(std::string_view method, std::string_view route, unsigned status,
              std::chrono::nanoseconds duration);

 private:
  struct key {
    char const* method;
    char const* route;
    unsigned status;
    bool operator==(key const&) const = default;
  };
  struct key_hash {
    std::size_t operator()(key const& k) const noexcept;
  };
  struct series {
    prometheus::Histogram* duration;
    prometheus::Counter* requests;
    prometheus::Counter* errors;  // null below 400
  };

  series make_series(std::string_view method, std::string_view route, unsigned status);

  prometheus::Family<prometheus::Histogram>& duration_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Counter>& errors_;
  std::unordered_map<key, series, key_hash> known_;
};

}  // namespace loopscope::metrics
