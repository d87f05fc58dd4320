#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace loopscope {

/// Writes one JSON object member by member, as text (RFC 8259), for answers that are given often: a
/// tree of values takes ten times as long.
///
/// Keys are plain ASCII without quotes, and UTF-8 in values stays as it is. \thread any
class json_text {
 public:
  json_text& add(std::string_view key, std::string_view value);
  json_text& add(std::string_view key, char const* value) {
    return add(key, std::string_view{value});
  }
  template <std::integral Number>
  json_text& add(std::string_view key, Number value) {
    if constexpr (std::is_same_v<Number, bool>)
      return add_json(key, value ? "true" : "false");
    else if constexpr (std::is_signed_v<Number>)
      return add_integer(key, value);
    else
      return add_natural(key, value);
  }
  json_text& add(std::string_view key, double value);  ///< `null` if it is not finite

  /// A member whose value is JSON already.
  json_text& add_json(std::string_view key, std::string_view value);

  /// The whole object. Nothing may be added afterwards.
  [[nodiscard]] std::string finish();

 private:
  json_text& add_integer(std::string_view key, std::int64_t value);
  json_text& add_natural(std::string_view key, std::uint64_t value);
  void begin(std::string_view key);

  std::string text_;
};

/// Appends a JSON string with its quotes; what has to be escaped is.
void append_json_string(std::string& out, std::string_view text);

}  // namespace loopscope
