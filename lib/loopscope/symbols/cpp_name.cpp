#include <loopscope/symbols/cpp_name_impl.hpp>
#include <loopscope/symbols/qualified_name_impl.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace loopscope::symbols {

namespace {

// A single template argument is shown if it is no longer.
constexpr std::size_t short_argument = 20;

// What is longer cannot become a short argument; `std::string` in full has 79 characters.
constexpr std::size_t long_type = 120;

// Unbalanced brackets take quadratic time.
constexpr std::size_t too_long = 16'384;

// What the demangler puts before the name of a function that the compiler made for it.
constexpr std::array<std::string_view, 9> made_for{"non-virtual thunk to ",
                                                   "virtual thunk to ",
                                                   "covariant return thunk to ",
                                                   "TLS init function for ",
                                                   "TLS wrapper function for ",
                                                   "guard variable for ",
                                                   "typeinfo for ",
                                                   "vtable for ",
                                                   "VTT for "};

bool is_inline_namespace(std::string_view name) {
  constexpr std::array<std::string_view, 5> prefixes{"__cxx", "__ndk", "__n", "__", "_V"};
  for (auto const prefix : prefixes) {
    if (!name.starts_with(prefix)) continue;
    auto const number = name.substr(prefix.size());
    return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  }
  return false;
}

std::string shortened(std::vector<component> const& parts, std::string_view place);

// Splits `const*&` and the like off a type.
std::string_view split_declarator(std::string_view& type) {
  constexpr std::string_view qualifier = " const";
  auto const whole = type;
  while (type.ends_with('*') || type.ends_with('&') || type.ends_with(qualifier))
    type.remove_suffix(type.ends_with(qualifier) ? qualifier.size() : 1);
  return whole.substr(type.size());
}

// A template argument, or the type of a conversion; none if it is long.
std::optional<std::string> short_type(std::string_view type) {
  if (type.size() > long_type) return std::nullopt;
  while (type.ends_with(' ')) type.remove_suffix(1);
  auto const declarator = split_declarator(type);
  std::string text{type};
  if (type.find_first_of(":<({,[") != std::string_view::npos) {
    // A parenthesis belongs to an expression or a function, a space stands between two types.
    auto const is_name =
        type.find(' ') >= type.find('<') && type.find('(') == type.find(unnamed_namespace);
    auto const parts = is_name ? parse_qualified_name(type) : std::nullopt;
    if (!parts) return std::nullopt;
    text = shortened(*parts, {});
  }
  text += declarator;
  if (text.size() > short_argument || text.find('<') != std::string::npos) return std::nullopt;
  return text;
}

// Whether a template of the standard library has all arguments that its usual name stands for:
// `basic_string<char, std::char_traits<char>, std::allocator<char> >` is `string`.
bool is_of_plain_chars(std::string_view arguments) {
  constexpr std::array<std::string_view, 5> usual{
      "char", "char, std::char_traits<char>", "char, std::char_traits<char>, std::allocator<char>",
      "char, std::regex_traits<char>", "char, std::__cxx11::regex_traits<char>"};
  while (arguments.ends_with(' ')) arguments.remove_suffix(1);
  return std::find(usual.begin(), usual.end(), arguments) != usual.end();
}

void append_component(std::string& to, component const& part) {
  constexpr std::string_view basic = "basic_";
  auto name = part.name;
  if (part.arguments && to == "std::" && name.starts_with(basic) &&
      is_of_plain_chars(*part.arguments)) {
    to += name.substr(basic.size());
    return;
  }
  constexpr std::string_view conversion = "operator ";
  auto const is_conversion = name.starts_with(conversion) && !name.starts_with("operator new") &&
                             !name.starts_with("operator delete") && name != "operator co_await";
  if (is_conversion)
    to.append(conversion).append(short_type(name.substr(conversion.size())).value_or("..."));
  else
    to += name;
  if (!part.arguments || part.arguments->empty()) return;
  if (to.ends_with('<')) to += ' ';
  to.append("<").append(short_type(*part.arguments).value_or("...")).append(">");
}

std::string shortened(std::vector<component> const& parts, std::string_view place) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto const& part = parts[i];
    auto const is_last = i + 1 == parts.size();
    auto const is_scope = !is_last && !part.arguments && is_inline_namespace(part.name);
    if (is_scope || part.kind == component_kind::hidden) continue;
    if (!text.empty()) text += "::";
    if (part.kind != component_kind::lambda) {
      append_component(text, part);
      continue;
    }
    text += "lambda";
    if (is_last || parts[i + 1].name != "operator()") continue;
    ++i;
    if (i + 1 == parts.size() && !place.empty()) text.append(" at ").append(place);
  }
  return text;
}

}  // namespace

std::string shorten(std::string_view readable, std::string_view place) {
  if (readable.size() > too_long) return std::string{readable};
  auto const begins = [&](std::string_view purpose) { return readable.starts_with(purpose); };
  auto const purpose = std::find_if(made_for.begin(), made_for.end(), begins);
  if (purpose != made_for.end()) {
    auto const made = readable.substr(purpose->size());
    auto const parts = parse_qualified_name(made);
    return std::string{*purpose}.append(parts ? shortened(*parts, place) : std::string{made});
  }
  auto const parts = parse_qualified_name(readable);
  auto text = parts ? shortened(*parts, place) : std::string{};
  if (text == "operator()" && !place.empty()) text.append(" at ").append(place);
  return text.empty() ? std::string{readable} : text;
}

}  // namespace loopscope::symbols
