#include <loopscope/symbols/debug_info_impl.hpp>
#include <loopscope/symbols/demangle.hpp>
#include <loopscope/symbols/elf_file_impl.hpp>
#include <loopscope/symbols/symbolizer.hpp>
#include <loopscope/symbols/vdso_impl.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace loopscope::symbols {

namespace {

constexpr std::string_view deleted = " (deleted)";
constexpr std::string_view mangled = "_Z";

std::string_view without_deleted(std::string_view path) {
  if (path.ends_with(deleted)) path.remove_suffix(deleted.size());
  return path;
}

std::string hex(std::uint64_t value) {
  std::array<char, 16> digits{};
  auto const end = std::to_chars(digits.begin(), digits.end(), value, 16).ptr;
  return "0x" + std::string{digits.begin(), end};
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

frame nameless(std::uint64_t address, std::string_view path) {
  auto name = hex(address);
  if (!path.empty()) name.append(" (").append(base_name(path)).append(")");
  frame number;
  number.function = number.system_name = std::move(name);
  return number;
}

void check(std::string const& path, std::string const& build_id) {
  auto const file = elf_file::open(path);
  if (!file)
    throw std::system_error{file.error() == errc::not_found ? errno : ENOEXEC,
                            std::generic_category(), "cannot read the executable " + path};
  auto const there = file->build_id();
  if (build_id.empty() || there == build_id) return;
  throw wrong_executable{"the executable " + path + " has build id " +
                         (there.empty() ? "(none)" : there) + ", the capture is of " + build_id};
}

}  // namespace

// A mapped file, its symbols, and what keeps both open.
struct symbolizer::mapped_file {
  mapped_file(model::mapping const& where, std::string const& executable_path,
              std::string const& executable_file);

  [[nodiscard]] place look_up(std::uint64_t offset) const;

  std::string path;
  file_descriptor copy;  // of a file that is on no disk
  std::optional<elf_file> file;
  std::optional<debug_info> debug;
};

symbolizer::mapped_file::mapped_file(model::mapping const& where,
                                     std::string const& executable_path,
                                     std::string const& executable_file)
    : path{where.path} {
  auto source = path;
  if (path == "[vdso]") {
    copy = copy_vdso(where);
    source = "/proc/self/fd/" + std::to_string(copy.get());
  } else if (without_deleted(path) == executable_path) {
    path = executable_path;
    source = executable_file;  // the build id says that it is the one, deleted and moved or not
  }
  if (!source.starts_with('/')) return;
  if (auto opened = elf_file::open(source)) {
    file = std::move(*opened);
    debug.emplace(std::move(source));
  }
}

place symbolizer::mapped_file::look_up(std::uint64_t offset) const {
  place found;
  auto const address = file ? file->code_address(offset) : std::nullopt;
  if (!address) {
    found.frames.push_back(nameless(offset, path));
    return found;
  }
  auto const symbol = debug->symbol_at(*address);
  auto lines = debug->lines_at(*address);
  if (lines.empty()) lines.emplace_back();
  auto& outermost = lines.back();
  // Debug information names a function of an unnamed namespace, or a coroutine's body, without
  // its scope; the symbol has all of it. A C function's symbol may be an alias of any kind.
  auto const lost_scope =
      symbol && symbol->name.starts_with(mangled) && !outermost.function.starts_with(mangled);
  if (lost_scope || (symbol && outermost.function.empty())) outermost.function = symbol->name;
  found.named = !outermost.function.empty();
  for (auto const& line : lines)
    if (!line.function.empty())
      found.frames.push_back({demangle(line.function), std::string{line.function},
                              std::string{line.file}, line.line, 0, &line != &outermost});
  if (!found.named)
    found.frames.push_back(nameless(file->function_start(*address), path));
  else if (symbol)
    if (auto const first = debug->lines_at(symbol->start); !first.empty())
      found.frames.back().first_line = first.back().line;
  return found;
}

symbolizer::symbolizer(std::vector<model::mapping> maps, program const& ran)
    : maps_{std::move(maps)},
      executable_path_{without_deleted(ran.path)},
      executable_file_{ran.file.empty() ? executable_path_ : ran.file} {
  if (executable_path_.empty()) return;
  check(executable_file_, ran.build_id);
  for (auto const& each : maps_)
    if (!executable_ && each.executable && without_deleted(each.path) == executable_path_)
      executable_ = &each;
}

symbolizer::~symbolizer() = default;

symbolizer::mapped_file& symbolizer::file_of(model::mapping const& where) {
  auto& slot = files_[&where];
  if (!slot) slot = std::make_unique<mapped_file>(where, executable_path_, executable_file_);
  return *slot;
}

place const& symbolizer::at(std::uint64_t address) {
  auto const known = places_.find(address);
  return known != places_.end() ? known->second
                                : places_.emplace(address, look_up(address)).first->second;
}

place symbolizer::look_up(std::uint64_t address) {
  auto const* where = model::find_mapping(maps_, address);
  if (!where || !where->executable || where->path.empty())
    return {.where = nullptr, .frames = {nameless(address, {})}, .named = false};
  auto found = file_of(*where).look_up(address - where->start + where->offset);
  found.where = where;
  return found;
}

std::string symbolizer::build_id_of(model::mapping const& where) {
  auto const& mapped = file_of(where);
  return mapped.file ? mapped.file->build_id() : std::string{};
}

}  // namespace loopscope::symbols
