#pragma once

#include <loopscope/http/guard.hpp>
#include <loopscope/http/message.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loopscope::http {

/// One request and its response, as metrics and logs want it. Borrowed for the call.
struct exchange {
  std::string_view id;
  std::string_view peer;    ///< its IP address
  std::string_view method;  ///< as it came
  std::string_view path;    ///< decoded, without the query
  std::string_view route;   ///< the matched route's path, as long as the router; empty if none
  std::optional<http::verdict> verdict;  ///< of the guard, if it was asked
  http::status status{};
  std::uint64_t body_bytes = 0;
  std::chrono::nanoseconds duration{};  ///< from the complete head to the written response
};

/// Whether the guard was asked and let it in.
inline bool is_admitted(exchange const& what) {
  return what.verdict == verdict::admitted;
}

/// \thread loop
class exchange_observer {
 public:
  virtual ~exchange_observer() = default;

  /// Called for a guarded exchange before its response is sent, all but `duration` being known.
  /// \return  false if it cannot be recorded yet: the response waits, and this is called again.
  virtual bool audit(exchange const& what) = 0;

  /// Called for every exchange when its response was written or could not be.
  virtual void finished(exchange const& what) = 0;
};

}  // namespace loopscope::http
