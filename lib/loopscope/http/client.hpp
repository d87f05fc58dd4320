#pragma once

#include <loopscope/base/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace loopscope::http {

/// What `get` received.
struct fetched {
  unsigned status;
  std::string body;
};

/// Fetches `http://host:port<target>` on a loop of its own and blocks meanwhile.
///
/// A name is looked up by a thread of its own, which may outlast the limit; an address is not.
/// \param host   a name or an address.
/// \param limit  for all of it: look-up, connection and response.
/// \return       errc::timed_out, or the error of the look-up, connection or parser.
/// \thread any but a loop's
result<fetched> get(std::string_view host, std::uint16_t port, std::string_view target,
                    std::chrono::milliseconds limit);

}  // namespace loopscope::http
