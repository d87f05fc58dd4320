#include <loopscope/symbols/type_names.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <vector>

namespace loopscope::symbols {

namespace {

constexpr int deepest_arguments = 2;

constexpr std::array<std::string_view, 4> hidden_scopes{
    "(anonymous namespace)::", "{anonymous}::", "__cxx11::", "__debug::"};

// Arguments that a reader takes for granted.
constexpr std::array<std::string_view, 8> defaults{
    "std::allocator<", "std::char_traits<", "std::less<",           "std::greater<",
    "std::hash<",      "std::equal_to<",    "std::default_delete<", "boost::asio::any_io_executor"};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool is_default(std::string_view argument) {
  return std::any_of(defaults.begin(), defaults.end(),
                     [&](std::string_view each) { return argument.starts_with(each); });
}

std::string without_hidden_scopes(std::string_view text) {
  std::string shown{text};
  for (auto const scope : hidden_scopes)
    for (auto at = shown.find(scope); at != std::string::npos; at = shown.find(scope, at))
      shown.erase(at, scope.size());
  return shown;
}

// Behind the bracket that closes the one at `open`, or the end of the text.
std::size_t end_of_brackets(std::string_view text, std::size_t open) {
  int depth = 0;
  for (auto at = open; at < text.size(); ++at) {
    if (text[at] == '<' || text[at] == '(') ++depth;
    auto const is_arrow = at > 0 && text[at] == '>' && text[at - 1] == '-';
    if ((text[at] == '>' && !is_arrow) || text[at] == ')')
      if (--depth == 0) return at + 1;
  }
  return text.size();
}

std::vector<std::string_view> arguments_in(std::string_view list) {
  std::vector<std::string_view> all;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < list.size();) {
    if (list[at] == '<' || list[at] == '(') {
      at = end_of_brackets(list, at);
    } else if (list[at] == ',') {
      all.push_back(trimmed(list.substr(begin, at - begin)));
      begin = ++at;
    } else {
      ++at;
    }
  }
  all.push_back(trimmed(list.substr(begin)));
  return all;
}

std::string shortened(std::string_view type, int depth);

std::string shortened_arguments(std::string_view list, int depth) {
  if (depth > deepest_arguments) return "...";
  std::string text;
  for (auto const each : arguments_in(list)) {
    if (is_default(each)) continue;
    if (!text.empty()) text += ", ";
    text += shortened(each, depth);
  }
  return text;
}

std::string shortened(std::string_view type, int depth) {
  std::string text;
  for (std::size_t at = 0; at < type.size();) {
    if (type[at] != '<') {
      text += type[at++];
      continue;
    }
    auto const end = end_of_brackets(type, at);
    auto const list = type.substr(at + 1, end > at + 2 ? end - at - 2 : 0);
    text += '<' + shortened_arguments(list, depth + 1) + '>';
    at = end;
  }
  return text;
}

std::string with_short_strings(std::string text) {
  constexpr std::string_view name = "std::basic_string<char>";
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
    text.replace(at, name.size(), "std::string");
  return text;
}

// What stands between the brackets behind `prefix`, which the name begins with.
std::string_view argument_behind(std::string_view function, std::string_view prefix) {
  auto const open = prefix.size() - 1;
  return function.substr(open + 1, end_of_brackets(function, open) - open - 2);
}

}  // namespace

std::string demangle_type(std::string_view mangled) {
  std::string const text{mangled};
  int status = 0;
  std::unique_ptr<char, decltype(&std::free)> const name{
      abi::__cxa_demangle(text.c_str(), nullptr, nullptr, &status), &std::free};
  return name ? name.get() : text;
}

std::string short_type_name(std::string_view type) {
  return with_short_strings(shortened(trimmed(without_hidden_scopes(type)), 0));
}

std::string allocated_type(std::string_view function) {
  constexpr std::array<std::string_view, 4> allocators{
      "std::__new_allocator<", "__gnu_cxx::new_allocator<", "std::allocator<",
      "boost::asio::detail::recycling_allocator<"};
  for (auto const prefix : allocators) {
    if (!function.starts_with(prefix)) continue;
    auto const rest = function.substr(end_of_brackets(function, prefix.size() - 1));
    if (rest.starts_with("::allocate("))
      return std::string{arguments_in(argument_behind(function, prefix)).front()};
  }
  // Behind a return type, as templates of functions have it.
  constexpr std::array<std::string_view, 2> makers{"std::make_unique<",
                                                   "std::make_unique_for_overwrite<"};
  for (auto const prefix : makers)
    if (auto const at = function.find(prefix); at != std::string_view::npos)
      return std::string{arguments_in(argument_behind(function.substr(at), prefix)).front()};
  // Asio's operations, which wait for their completion.
  constexpr std::string_view operation = "::ptr::allocate(";
  if (auto const at = function.find(operation); at != std::string_view::npos)
    return std::string{function.substr(0, at)};
  return {};
}

bool is_fundamental(std::string_view type) {
  constexpr std::array<std::string_view, 18> all{"char",
                                                 "signed char",
                                                 "unsigned char",
                                                 "char8_t",
                                                 "wchar_t",
                                                 "std::byte",
                                                 "short",
                                                 "unsigned short",
                                                 "int",
                                                 "unsigned int",
                                                 "long",
                                                 "unsigned long",
                                                 "float",
                                                 "double",
                                                 "bool",
                                                 "long long",
                                                 "unsigned long long",
                                                 "char16_t"};
  return std::find(all.begin(), all.end(), type) != all.end();
}

}  // namespace loopscope::symbols
