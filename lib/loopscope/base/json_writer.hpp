#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace loopscope {

/// Appends JSON (RFC 8259) to a string, token by token: for responses that are sent often, for log
/// lines and for files. A tree of values takes ten times as long.
///
/// The caller keeps the order of tokens: a key before each member, an end for each begin. Commas
/// come by themselves. \thread any
class json_writer {
 public:
  /// What becomes of text beyond ASCII.
  enum class encoding {
    utf8,   ///< stays; a byte that is not part of well-formed UTF-8 becomes U+FFFD
    ascii,  ///< each byte is escaped as the code point of its value
  };

  /// \param out  borrowed.
  explicit json_writer(std::string& out, encoding beyond_ascii = encoding::utf8) noexcept
      : out_{out}, encoding_{beyond_ascii} {}

  json_writer& begin_object() { return begin('{'); }
  json_writer& end_object() { return end('}'); }
  json_writer& begin_array() { return begin('['); }
  json_writer& end_array() { return end(']'); }

  json_writer& key(std::string_view name);

  json_writer& value(std::string_view text);
  json_writer& value(char const* text) { return value(std::string_view{text}); }
  json_writer& value(double number);  ///< the shortest text; `null` if it is not finite
  json_writer& value(std::nullptr_t) { return json("null"); }
  template <std::integral Number>
  json_writer& value(Number number) {
    if constexpr (std::is_same_v<Number, bool>)
      return json(number ? "true" : "false");
    else if constexpr (std::is_signed_v<Number>)
      return integer(number);
    else
      return natural(number);
  }

  /// A value that is JSON already.
  json_writer& json(std::string_view written);

  template <class T>
  json_writer& member(std::string_view name, T const& content) {
    return key(name).value(content);
  }

 private:
  json_writer& begin(char bracket);
  json_writer& end(char bracket);
  json_writer& integer(std::int64_t number);
  json_writer& natural(std::uint64_t number);
  void separate();
  void append_string(std::string_view text);

  std::string& out_;
  encoding encoding_;
  bool first_ = true;  // no comma before the next token
};

}  // namespace loopscope
