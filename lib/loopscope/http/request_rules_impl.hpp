#pragma once

#include <loopscope/base/byte_count.hpp>
#include <loopscope/http/message.hpp>

#include <boost/beast/core/error.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace loopscope::http {

/// What a head that could be parsed may still not be. A request that breaks one is refused before
/// the guard and the router are asked, and the connection is closed.
struct head_rule {
  std::string_view name;  ///< of the rule's test
  bool (*is_broken)(request_head const& head);
  status code;
  std::string_view detail;  ///< for the client
};

/// All of them, in the order in which they are judged: framing comes first.
std::span<head_rule const> head_rules() noexcept;

/// The first rule that a head breaks, null if none.
head_rule const* broken_rule(request_head const& head) noexcept;

/// Whether the client lets the connection go on (RFC 9112 section 9.3).
bool keeps_connection(request_head const& head);

/// Whether the client waits for `100 Continue` before it sends its body (RFC 9110 section 10.1.1).
bool expects_continue(request_head const& head);

/// Whether a peer's own request id is harmless in a log and a header.
bool usable_id(std::string_view id);

/// A request id that no other request of this process has.
std::string next_request_id();

/// The response to a head or a body that could not be parsed.
/// \param head_limit  of a head, and of all trailers.
response response_to_bad_request(boost::beast::error_code error, byte_count head_limit);

/// Whether the body is a form or JSON: what a client puts parameters into.
bool has_form(request_head const& head, std::string_view body);

}  // namespace loopscope::http
