#include <loopscope/symbols/demangle.hpp>

#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <optional>
#include <utility>

namespace loopscope::symbols {

namespace {

constexpr std::string_view frame_mark = ".Frame";

std::string demangle_plain(std::string_view name) {
  std::string text{name};
  if (!name.starts_with("_Z")) return text;
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> const readable{
      abi::__cxa_demangle(text.c_str(), nullptr, nullptr, &status), std::free};
  return readable ? std::string{readable.get()} : text;
}

// GCC puts a coroutine's body into a function `f(f()::<length><linker's name of f>.Frame*).actor`.
std::optional<std::string> coroutine_name(std::string_view name) {
  auto const mark = name.find(frame_mark);
  if (mark == std::string_view::npos) return std::nullopt;
  auto const end = mark + frame_mark.size();
  for (auto at = name.find("_Z", 1); at < mark; at = name.find("_Z", at + 1)) {
    if (!name.substr(0, at).ends_with(std::to_string(end - at))) continue;
    auto rest = name.substr(end);
    constexpr std::string_view body = ".actor";
    auto readable = demangle_plain(name.substr(at, mark - at)) + " [coroutine]";
    if (rest.starts_with(body)) rest.remove_prefix(body.size());
    return rest.empty() ? readable : readable.append(" [clone ").append(rest).append("]");
  }
  return std::nullopt;
}

}  // namespace

std::string demangle(std::string_view name) {
  if (auto coroutine = coroutine_name(name)) return std::move(*coroutine);
  return demangle_plain(name);
}

}  // namespace loopscope::symbols
