#include <loopscope/symbols/mangled_reader_impl.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace loopscope::symbols {

namespace {

using pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<pair, 48> operators{{
    {"nw", " new"}, {"na", " new[]"}, {"dl", " delete"}, {"da", " delete[]"}, {"aw", " co_await"},
    {"ps", "+"},    {"ng", "-"},      {"ad", "&"},       {"de", "*"},         {"co", "~"},
    {"pl", "+"},    {"mi", "-"},      {"ml", "*"},       {"dv", "/"},         {"rm", "%"},
    {"an", "&"},    {"or", "|"},      {"eo", "^"},       {"aS", "="},         {"pL", "+="},
    {"mI", "-="},   {"mL", "*="},     {"dV", "/="},      {"rM", "%="},        {"aN", "&="},
    {"oR", "|="},   {"eO", "^="},     {"ls", "<<"},      {"rs", ">>"},        {"lS", "<<="},
    {"rS", ">>="},  {"eq", "=="},     {"ne", "!="},      {"lt", "<"},         {"gt", ">"},
    {"le", "<="},   {"ge", ">="},     {"ss", "<=>"},     {"nt", "!"},         {"aa", "&&"},
    {"oo", "||"},   {"pp", "++"},     {"mm", "--"},      {"cm", ","},         {"pm", "->*"},
    {"pt", "->"},   {"cl", "()"},     {"ix", "[]"},
}};

constexpr std::array<pair, 6> std_names{{
    {"Sa", "allocator"},
    {"Sb", "basic_string"},
    {"Ss", "string"},
    {"Si", "istream"},
    {"So", "ostream"},
    {"Sd", "iostream"},
}};

template <std::size_t Size>
std::string_view find(std::array<pair, Size> const& all, std::string_view code) {
  auto const is_it = [&](pair const& each) { return each.first == code; };
  auto const found = std::find_if(all.begin(), all.end(), is_it);
  return found == all.end() ? std::string_view{} : found->second;
}

std::string without_arguments(std::string const& name) {
  return name.substr(0, name.find('<'));
}

}  // namespace

char mangled_reader::peek(std::size_t at) const {
  return at < rest_.size() ? rest_[at] : '\0';
}

bool mangled_reader::is_digit() const {
  return peek() >= '0' && peek() <= '9';
}

bool mangled_reader::is_letter(std::string_view any_of) const {
  return !rest_.empty() && any_of.find(peek()) != std::string_view::npos;
}

bool mangled_reader::skip(std::string_view token) {
  if (!rest_.starts_with(token)) return false;
  rest_.remove_prefix(token.size());
  return true;
}

void mangled_reader::number() {
  skip("n");
  while (is_digit()) rest_.remove_prefix(1);
}

void mangled_reader::numbered() {
  number();
  if (!skip("_")) stop();
}

void mangled_reader::function(names& to) {
  level const here{*this};
  name(to);
  while (!at_end()) type();
}

void mangled_reader::name(names& to) {
  level const here{*this};
  if (skip("N")) return nested_name(to);
  if (skip("Z")) return local_name(to);
  auto const is_substitution = peek() == 'S' && peek(1) != 't';
  if (peek() == 'S') substitution(to);
  if (!is_substitution) part(to);
  if (peek() == 'I') arguments(to);
}

void mangled_reader::nested_name(names& to) {
  while (is_letter("rVKRO")) rest_.remove_prefix(1);
  while (!rest_.empty() && !skip("E")) {
    auto const is_decltype = peek() == 'D' && (peek(1) == 't' || peek(1) == 'T');
    if (skip("M")) continue;  // what stands before it is a member that a lambda initializes
    if (peek() == 'I')
      arguments(to);
    else if (peek() == 'S')
      substitution(to);
    else if (peek() == 'T' || is_decltype)
      type();
    else
      part(to);
  }
}

// What is in a function: its encoding, and the name there.
void mangled_reader::local_name(names& to) {
  function(to);
  if (!skip("E")) return stop();
  if (skip("s")) {  // a string literal: the function's name will do
  } else {
    if (skip("d")) numbered();
    names inside;
    name(inside);
    to.insert(to.end(), std::make_move_iterator(inside.begin()),
              std::make_move_iterator(inside.end()));
  }
  if (skip("__")) return numbered();
  if (skip("_")) rest_.remove_prefix(std::min<std::size_t>(is_digit() ? 1 : 0, rest_.size()));
}

void mangled_reader::part(names& to) {
  skip("L");
  if (is_digit()) {
    to.push_back(source_name());
  } else if (peek() == 'U') {
    unnamed_type(to);
  } else if ((peek() == 'C' || peek() == 'D') && !to.empty()) {
    to.push_back((peek() == 'D' ? "~" : "") + without_arguments(to.back()));
    rest_.remove_prefix(1);
    auto const inherits = skip("I");
    number();
    if (inherits) type();
  } else {
    operator_name(to);
  }
  while (skip("B")) source_name();  // tags of the ABI
}

std::string mangled_reader::source_name() {
  std::size_t length = 0;
  auto const end = std::from_chars(rest_.data(), rest_.data() + rest_.size(), length).ptr;
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  if (length == 0 || length > rest_.size()) {
    stop();
    return {};
  }
  std::string text{rest_.substr(0, length)};
  rest_.remove_prefix(length);
  return text.starts_with("_GLOBAL__N") ? "(anonymous namespace)" : text;
}

void mangled_reader::unnamed_type(names& to) {
  if (skip("Ul")) {
    list(&mangled_reader::type);
    to.emplace_back("{lambda()}");
  } else if (skip("Ut")) {
    to.emplace_back("{unnamed type}");
  } else {
    return stop();
  }
  numbered();
}

void mangled_reader::operator_name(names& to) {
  if (skip("cv")) {
    to.emplace_back("operator ...");
    return type();
  }
  if (skip("li")) {
    to.push_back("operator\"\"" + source_name());
    return;
  }
  auto const symbol = find(operators, rest_.substr(0, 2));
  if (symbol.empty()) return stop();
  rest_.remove_prefix(2);
  to.push_back("operator" + std::string{symbol});
}

// What stood before in the name is not looked up: it is a scope as a rule.
void mangled_reader::substitution(names& to) {
  auto const known = find(std_names, rest_.substr(0, 2));
  if (!known.empty() || peek(1) == 't') {
    rest_.remove_prefix(2);
    to.emplace_back("std");
    if (!known.empty()) to.emplace_back(known);
    return;
  }
  auto const end = rest_.find('_');
  if (end == std::string_view::npos) return stop();
  rest_.remove_prefix(end + 1);
}

void mangled_reader::arguments(names& to) {
  if (!to.empty()) to.back() += peek(1) == 'E' ? "" : "<...>";
  rest_.remove_prefix(1);
  list(&mangled_reader::argument);
}

std::string qualified_name_in(std::string_view mangled) {
  constexpr std::string_view prefix = "_Z";
  if (!mangled.starts_with(prefix)) return {};
  mangled_reader::names parts;
  mangled_reader{mangled.substr(prefix.size())}.function(parts);
  std::string text;
  for (auto const& part : parts) text.append(text.empty() ? "" : "::").append(part);
  return text;
}

}  // namespace loopscope::symbols
