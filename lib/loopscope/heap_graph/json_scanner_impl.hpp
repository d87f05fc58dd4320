#pragma once

#include <loopscope/heap_graph/read_snapshot.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace loopscope::heap_graph {

/// Takes JSON (RFC 8259) off a source, token by token, with a window of 256 KiB as its only memory.
///
/// After the first failure there is nothing left: more() and row() are false, numbers are 0, texts
/// are empty. So a loop over more() ends, and one check at the end will do. Never recurses.
class json_scanner {
 public:
  /// \param source  borrowed.
  explicit json_scanner(byte_source const& source);
  json_scanner(json_scanner const&) = delete;
  json_scanner& operator=(json_scanner const&) = delete;

  /// Whether the next token begins with `c`.
  bool is_next(char c) { return peek() == c; }

  /// Takes an opening bracket.
  void open(char bracket);

  /// Whether another item of the innermost array or object follows; takes the comma, or else the
  /// closing bracket.
  bool more(char closing_bracket);

  /// The key of a member, and its colon.
  std::string key();

  /// An integer from 0 to 2^64 - 1.
  std::uint64_t natural();

  /// As many items of an array as the row is long, all of them integers as natural() takes them.
  /// \return false  the array ends here, and its bracket was taken; or a failure.
  bool row(std::span<std::uint64_t> to);

  /// A string, in UTF-8: half a surrogate pair becomes U+FFFD. \param to  replaced.
  void text(std::string& to);

  /// Any value. What is inside is checked as far as it takes to find the end.
  void skip_value();

  /// Nothing but white space may be left.
  void end();

  /// The first one counts.
  void fail(std::string_view reason);

  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] malformed_snapshot const& failure() const noexcept { return failure_; }

 private:
  struct half_pair;

  static constexpr std::size_t window = std::size_t{256} * 1024;

  char peek();
  bool refill();
  void expect(char c);
  void text_into(std::string* to);
  void take_escape(half_pair& half);
  void skip_word();
  std::uint32_t code_unit();
  char taken();

  byte_source const& source_;
  std::array<char, window + 1> buffer_;  // ends with a NUL, which no token has
  char const* at_;
  char const* end_;
  std::uint64_t before_ = 0;  // bytes taken before the window
  bool first_ = true;         // no comma before the next item
  bool failed_ = false;
  malformed_snapshot failure_;
};

}  // namespace loopscope::heap_graph
