#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace loopscope::symbols {

/// Reads a readable C++ name from left to right. Whatever the text is, it stays inside of it.
class name_scanner {
 public:
  explicit name_scanner(std::string_view text) : text_{text} {}

  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  [[nodiscard]] std::size_t position() const noexcept { return at_; }
  [[nodiscard]] std::string_view since(std::size_t begin) const {
    return text_.substr(begin, at_ - begin);
  }

  /// \param count  at most what is left.
  void advance(std::size_t count = 1) { at_ += count; }

  /// Goes past `token` if it stands here.
  bool skip(std::string_view token);

  /// Goes past the identifier that begins here; empty if none does.
  std::string_view identifier();

  /// Goes past the symbol of an operator, as `<<=` or `()`; empty if none stands here.
  std::string_view operator_symbol();

  /// Goes past a group in brackets, with all groups of its kind in it.
  /// \return what stands between the brackets; none if no group begins here, or it has no end.
  std::optional<std::string_view> parentheses() { return group('(', ')'); }
  std::optional<std::string_view> square_brackets() { return group('[', ']'); }
  std::optional<std::string_view> braces() { return group('{', '}'); }

  /// The same for template arguments, whose brackets are operators too.
  std::optional<std::string_view> template_arguments();

 private:
  std::optional<std::string_view> group(char open, char close);
  void skip_to_bracket();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace loopscope::symbols
