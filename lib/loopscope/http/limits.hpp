#pragma once

#include <loopscope/base/byte_count.hpp>

#include <chrono>
#include <cstddef>

namespace loopscope::http {

/// What a peer may take of the server.
struct limits {
  std::size_t connections = 10240;               ///< one more gets 503 and is closed
  byte_count header = kibibytes(16);             ///< request line and fields
  std::chrono::milliseconds head_time{10'000};   ///< from its first byte to its last
  std::chrono::milliseconds body_time{30'000};   ///< from the head to the body's last byte
  std::chrono::milliseconds idle_time{65'000};   ///< between two requests
  std::chrono::milliseconds write_time{30'000};  ///< without progress of a response

  bool operator==(limits const&) const = default;
};

}  // namespace loopscope::http
