#pragma once

#include <loopscope/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace loopscope::http {

/// One answered request, as metrics and logs want it. Borrowed for the call.
struct exchange {
  std::string_view id;
  std::string_view peer;    ///< its IP address
  std::string_view method;  ///< as it came
  std::string_view path;    ///< decoded, without the query
  std::string_view route;   ///< the matched route's path, static; empty if none matched
  bool guarded = false;     ///< the guard was asked
  bool admitted = false;    ///< and let it in
  http::status status{};
  std::uint64_t body_bytes = 0;
  std::chrono::nanoseconds duration{};  ///< from the complete head to the written answer
};

/// Is told of every exchange when its answer was written or has failed to be. \thread loop
class exchange_observer {
 public:
  virtual ~exchange_observer() = default;
  virtual void finished(exchange const& what) = 0;
};

}  // namespace loopscope::http
