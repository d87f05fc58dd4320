#pragma once

#include <loopscope/base/byte_count.hpp>
#include <loopscope/base/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace loopscope::http {

/// A piece of a representation, half-open.
struct byte_range {
  byte_count begin;
  byte_count end;

  [[nodiscard]] byte_count length() const { return {end.value - begin.value}; }
  bool operator==(byte_range const&) const = default;
};

/// The piece that a `Range` header asks for, of a representation of `size`.
///
/// \return  none if the header is absent, of another unit or malformed, or asks for several pieces
///          that are there: the whole is then sent;
///          errc::range_unsatisfiable  all that it asks for lies beyond the end.
/// Source: RFC 9110 section 14.1.2, 14.2.
result<std::optional<byte_range>> parse_range(std::string_view header, byte_count size);

/// `bytes 0-9/100`, the `Content-Range` of a piece.
std::string content_range(byte_range range, byte_count size);

}  // namespace loopscope::http
