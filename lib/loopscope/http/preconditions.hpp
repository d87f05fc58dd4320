#pragma once

#include <loopscope/http/message.hpp>

#include <optional>
#include <string_view>

namespace loopscope::http {

/// Whether a request has a precondition at all.
bool is_conditional(request_head const& head);

/// Judges `If-Match` and `If-None-Match` for a representation that is there, before its `Range`.
///
/// \param etag  the strong entity tag, with its quotes.
/// \return  none if the request is to be served; 412, or 304 for GET and HEAD, if it is not.
/// Source: RFC 9110 section 13.
std::optional<status> failed_precondition(request_head const& head, std::string_view etag);

}  // namespace loopscope::http
