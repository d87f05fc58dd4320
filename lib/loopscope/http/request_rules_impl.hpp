#pragma once

#include <loopscope/http/connection_impl.hpp>
#include <loopscope/http/message.hpp>

#include <boost/beast/core/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace loopscope::http {

/// Whether a peer's own request id is harmless in a log and a header.
bool usable_id(std::string_view id);

/// A request id that no other request of this process has.
std::string next_request_id();

/// The response to a head or a body that could not be parsed.
response response_to_bad_request(boost::beast::error_code error);

/// RFC 9112 section 3.2: exactly one Host from HTTP/1.1 on.
bool host_is_wrong(request_parser::value_type const& head);

/// RFC 9112 section 6.1: another coding than `chunked` leaves it open where the body ends, and a
/// proxy before us may see the end elsewhere.
bool coding_is_unknown(request_parser::value_type const& head);

/// Whether the body is a form or JSON: what a client puts parameters into.
bool has_form(request_parser::value_type const& message);

/// The `Content-Length`, or 0.
std::uint64_t announced_length(request_parser const& request);

}  // namespace loopscope::http
