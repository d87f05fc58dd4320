#pragma once

#include <loopscope/http/dispatch_impl.hpp>
#include <loopscope/http/exchange.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/http/server.hpp>

#include <string>
#include <variant>

namespace loopscope::http {

/// What becomes of a request whose head is there and whose body is not read yet.
struct admission {
  std::variant<matched_request, response> next;  ///< its route, or why it is refused
  bool ends_connection = false;                  ///< it is not even known where the request ends
};

/// Judges a head: first its framing and Host, then the guard, then the router.
/// \param path   set to the decoded path, or to the raw one if it is malformed.
/// \param about  its method, path, route and verdict are set; it borrows from `head` and `path`.
admission admit(service const& with, request_head const& head, std::string& path, exchange& about);

}  // namespace loopscope::http
