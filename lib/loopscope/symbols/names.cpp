#include <loopscope/symbols/cpp_name_impl.hpp>
#include <loopscope/symbols/mangled_reader_impl.hpp>
#include <loopscope/symbols/names.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <optional>
#include <utility>

namespace loopscope::symbols {

namespace {

constexpr std::string_view mangled = "_Z";
constexpr std::string_view plt_mark = "@plt";
constexpr std::string_view coroutine_mark = " [coroutine]";
constexpr std::string_view awaiting_mark = " [awaiting";

bool is_mangled(std::string_view name) {
  return name.starts_with(mangled);
}

std::string demangle(std::string_view name) {
  std::string text{name};
  if (!is_mangled(name)) return text;
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> const readable{
      abi::__cxa_demangle(text.c_str(), nullptr, nullptr, &status), std::free};
  if (readable) return readable.get();
  auto cut = qualified_name_in(name);
  return cut.empty() ? text : cut;
}

// The name of a coroutine, and what kind of part of it a function is: empty for its body.
struct coroutine_part {
  std::string_view coroutine;
  std::string_view kind;
};

// GCC puts a coroutine's body into a function `f(f()::<length><linker's name of f>.Frame*).actor`,
// as it puts what frees the frame into `.destroy`.
std::optional<coroutine_part> part_of_gcc(std::string_view name) {
  constexpr std::string_view frame_mark = ".Frame";
  auto const mark = name.find(frame_mark);
  if (mark == std::string_view::npos) return std::nullopt;
  auto const end = mark + frame_mark.size();
  for (auto at = name.find(mangled, 1); at < mark; at = name.find(mangled, at + 1)) {
    if (!name.substr(0, at).ends_with(std::to_string(end - at))) continue;
    auto kind = name.substr(end);
    constexpr std::string_view body = ".actor";
    if (kind.starts_with(body)) kind.remove_prefix(body.size());
    return coroutine_part{name.substr(at, mark - at), kind};
  }
  return std::nullopt;
}

// Clang calls them `<linker's name of f>.resume` and `.destroy`.
std::optional<coroutine_part> part_of_clang(std::string_view name) {
  if (!is_mangled(name)) return std::nullopt;
  for (std::string_view const kind : {".resume", ".destroy", ".cleanup"}) {
    if (!name.ends_with(kind)) continue;
    name.remove_suffix(kind.size());
    return coroutine_part{name, kind == ".resume" ? std::string_view{} : kind};
  }
  return std::nullopt;
}

std::optional<coroutine_part> coroutine_part_of(std::string_view name) {
  if (auto const part = part_of_gcc(name)) return part;
  return part_of_clang(name);
}

// A copy of a function that the optimizer made: `f.isra.0`, `f.part.1.cold`.
std::string_view without_clone_mark(std::string_view name, std::size_t least = 1) {
  constexpr std::array<std::string_view, 8> marks{".cold",  ".constprop", ".isra",  ".part",
                                                  ".clone", ".lto_priv",  ".llvm.", ".localalias"};
  auto end = name.size();
  for (auto const mark : marks) end = std::min(end, name.find(mark, least));
  return name.substr(0, end);
}

// Splits off a mark that stands behind a name, or nothing.
std::string_view split_mark(std::string_view& name) {
  auto at = name.size();
  if (name.ends_with(plt_mark)) at -= plt_mark.size();
  if (name.ends_with(']')) at = std::min(at, name.rfind(awaiting_mark));
  auto const mark = name.substr(at);
  name.remove_suffix(mark.size());
  return mark;
}

// Symbol tables of debug files have it behind a name: `memcpy@@GLIBC_2.14`.
std::string_view without_version(std::string_view name) {
  return name.substr(0, name.find('@', 1));
}

std::string place_of(std::string_view file, std::uint32_t line) {
  if (file.empty() || line == 0) return {};
  return std::string{file.substr(file.rfind('/') + 1)} + ':' + std::to_string(line);
}

// What stands in for a name is no name of any language.
bool is_stand_in(std::string_view name) {
  return name.empty() || name.front() == '[' || (name.front() >= '0' && name.front() <= '9');
}

bool looks_like_cpp(std::string_view name) {
  return name.find_first_of(":<({") != std::string_view::npos || name.starts_with("operator");
}

std::string shorten_unmarked(std::string_view name, std::string_view place) {
  std::string marks;
  if (auto const part = coroutine_part_of(name)) {
    name = part->coroutine;
    marks = coroutine_mark;
    auto const kind = without_clone_mark(part->kind, 0);
    if (kind.size() > 1) marks.append(" [").append(kind.substr(1)).append("]");
  }
  name = without_clone_mark(name);
  auto const readable = demangle(name);
  return (looks_like_cpp(readable) ? shorten(readable, place) : readable) + marks;
}

}  // namespace

std::string full_name(std::string_view system_name) {
  if (is_stand_in(system_name)) return std::string{system_name};
  auto const mark = split_mark(system_name);
  system_name = without_version(system_name);
  auto const part = coroutine_part_of(system_name);
  auto text = demangle(part ? part->coroutine : system_name);
  if (part) text += coroutine_mark;
  if (part && !part->kind.empty()) text.append(" [clone ").append(part->kind).append("]");
  return text.append(mark);
}

std::string short_name(std::string_view system_name, std::string_view file, std::uint32_t line) {
  if (is_stand_in(system_name)) return std::string{system_name};
  auto const mark = split_mark(system_name);
  return shorten_unmarked(without_version(system_name), place_of(file, line)).append(mark);
}

std::string awaiting_name(std::string_view resume_function, std::string_view file,
                          std::uint32_t line) {
  auto const part = coroutine_part_of(resume_function);
  auto const place = place_of(file, line);
  auto text = demangle(part ? part->coroutine : resume_function).append(awaiting_mark);
  if (!place.empty()) text.append(" ").append(place);
  return text.append("]");
}

}  // namespace loopscope::symbols
