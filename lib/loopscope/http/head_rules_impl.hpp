#pragma once

#include <loopscope/http/connection_impl.hpp>
#include <loopscope/http/message.hpp>

#include <boost/beast/core/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace loopscope::http {

inline std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// The `Date` of the current second, cached a thread.
std::string const& date_now();

/// What an answer's head says beside what its handler set.
struct head_facts {
  unsigned version = 11;  ///< of the request: 10 or 11
  bool keep_alive = false;
  std::string_view request_id{};  ///< none if empty
  std::string_view instance{};    ///< none if empty
};

/// An answer's status line and fields, with the empty line.
std::string head_text(response const& reply, head_facts const& facts);

/// Whether a peer's own request id is harmless in a log and a header.
bool usable_id(std::string_view id);

/// A request id that no other request of this process has.
std::string next_request_id();

/// What a peer is told whose head or body could not be parsed.
response answer_to_bad_head(boost::beast::error_code error);

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
