#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loopscope::http {

/// `text` with every `%XX` replaced by the byte it names; none if an escape is malformed.
std::optional<std::string> percent_decoded(std::string_view text);

/// A request target taken apart.
struct target {
  std::string path;          ///< percent-decoded; `..` and empty segments stand as they came
  std::string_view query;    ///< what follows `?`, as it came
  bool hides_slash = false;  ///< a slash of `path` was escaped: it separates no segments
};

/// Takes apart a target in origin form (`/a?b`) or absolute form (`http://host/a?b`). Origin form
/// may have bytes that ought to be escaped, as clients send them; absolute form has to be a valid
/// URI.
///
/// \return  none for anything else: asterisk or authority form, a malformed escape, a fragment,
///          user information.
/// Source: RFC 9112 section 3.2, RFC 9110 section 4.2.4.
std::optional<target> parse_target(std::string_view text);

/// Whether a `Host` is one: a name, an IPv4 address or an IPv6 address in brackets, and perhaps a
/// port. It may be empty.
/// Source: RFC 9110 section 7.2, RFC 3986 section 3.2.2.
bool is_host(std::string_view text);

/// Whether `path` is `prefix` or lies below it.
bool is_under(std::string_view path, std::string_view prefix) noexcept;

}  // namespace loopscope::http
