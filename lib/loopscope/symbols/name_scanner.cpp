#include <loopscope/symbols/name_scanner_impl.hpp>

#include <array>

namespace loopscope::symbols {

namespace {

// The longer ones first.
constexpr std::array<std::string_view, 39> operator_symbols{
    "<=>", "<<=", ">>=", "->*", "()", "[]", "->", "<<", ">>", "<=", ">=", "==", "!=",
    "&&",  "||",  "++",  "--",  "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "+",
    "-",   "*",   "/",   "%",   "^",  "&",  "|",  "~",  "!",  "=",  "<",  ">",  ","};

// Bytes of UTF-8 included.
bool is_identifier(char c) {
  auto const is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  auto const is_digit = c >= '0' && c <= '9';
  return is_letter || is_digit || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

bool name_scanner::skip(std::string_view token) {
  if (!rest().starts_with(token)) return false;
  advance(token.size());
  return true;
}

std::string_view name_scanner::identifier() {
  auto const begin = at_;
  while (!at_end() && is_identifier(peek())) advance();
  return since(begin);
}

std::string_view name_scanner::operator_symbol() {
  for (auto const symbol : operator_symbols)
    if (skip(symbol)) return symbol;
  return {};
}

// What is in brackets of another kind is balanced, or belongs to an operator.
std::optional<std::string_view> name_scanner::group(char open, char close) {
  if (peek() != open) return std::nullopt;
  std::size_t depth = 0;
  for (auto end = at_; end < text_.size(); ++end) {
    if (text_[end] == open) ++depth;
    if (text_[end] != close || --depth > 0) continue;
    auto const inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }
  return std::nullopt;
}

// Goes past all that is neither `<` nor `>` as a bracket of template arguments.
void name_scanner::skip_to_bracket() {
  while (!at_end() && peek() != '<' && peek() != '>') {
    auto const is_character = peek() == '\'' && rest().size() > 2 && rest()[2] == '\'';
    if (is_character) {
      advance(3);
    } else if (parentheses()) {
      while (peek() == '<') advance();  // compares operands, as in `(a)<(b)`
    } else if (auto const word = identifier(); word == "operator") {
      operator_symbol();
    } else if (word.empty() && !skip("->")) {
      advance();
    }
  }
}

std::optional<std::string_view> name_scanner::template_arguments() {
  if (peek() != '<') return std::nullopt;
  auto const begin = at_;
  std::size_t depth = 0;
  for (; !at_end(); skip_to_bracket()) {
    auto const closes = peek() == '>';
    advance();
    depth += closes ? std::size_t{0} : std::size_t{1};
    if (closes && --depth == 0) return text_.substr(begin + 1, at_ - begin - 2);
  }
  at_ = begin;
  return std::nullopt;
}

}  // namespace loopscope::symbols
