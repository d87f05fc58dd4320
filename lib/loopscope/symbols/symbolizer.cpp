#include <loopscope/base/waiting_word.hpp>
#include <loopscope/symbols/await_points_impl.hpp>
#include <loopscope/symbols/debug_info_impl.hpp>
#include <loopscope/symbols/elf_file_impl.hpp>
#include <loopscope/symbols/file_search_impl.hpp>
#include <loopscope/symbols/names.hpp>
#include <loopscope/symbols/plt_stubs_impl.hpp>
#include <loopscope/symbols/symbolizer.hpp>
#include <loopscope/symbols/vdso_impl.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace loopscope::symbols {

namespace {

constexpr std::string_view mangled = "_Z";
constexpr std::string_view vdso = "[vdso]";

std::string hex(std::uint64_t value) {
  std::array<char, 16> digits{};
  auto const end = std::to_chars(digits.begin(), digits.end(), value, 16).ptr;
  return "0x" + std::string{digits.begin(), end};
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

frame stand_in(std::string name) {
  frame only;
  only.system_name = std::move(name);
  return only;
}

frame nameless(std::uint64_t address, std::string_view path) {
  auto name = hex(address);
  if (!path.empty()) name.append(" (").append(base_name(path)).append(")");
  return stand_in(std::move(name));
}

// For all code of a file that was mapped and is not found any more.
std::string name_of_changed(file_search const& search, std::string_view path) {
  auto const changed = search.saw_another || path.ends_with(model::deleted_mark);
  std::string name{"["};
  name.append(base_name(without_deleted_mark(path)));
  return name.append(changed ? " changed]" : " unreadable]");
}

model::mapped_object const* find_object(std::vector<model::mapped_object> const& objects,
                                        model::mapping const& where) {
  auto const is_there = [&](auto const& object) { return object.start == where.start; };
  auto const found = std::find_if(objects.begin(), objects.end(), is_there);
  return found == objects.end() ? nullptr : &*found;
}

}  // namespace

// A mapped file and its symbols.
struct symbolizer::mapped_file {
  [[nodiscard]] place look_up(std::uint64_t offset) const;
  [[nodiscard]] place look_up_waiting(std::uint64_t offset, std::uint16_t await) const;
  [[nodiscard]] std::optional<std::uint64_t> link_address_of(model::mapping const& code) const;

  std::string path;
  std::string build_id;
  std::string
      changed_name;  // of all its code if it is not found; empty: it is, or it was no ELF file
  std::optional<elf_file> file;
  std::optional<debug_info> debug;
  std::optional<plt_stubs> stubs;
};

place symbolizer::mapped_file::look_up(std::uint64_t offset) const {
  place found;
  if (!changed_name.empty()) {
    found.frames.push_back(stand_in(changed_name));
    return found;
  }
  auto const address = file ? file->code_address(offset) : std::nullopt;
  if (!address) {
    found.frames.push_back(nameless(offset, path));
    return found;
  }
  if (auto name = stubs->name_at(*address); !name.empty()) {
    found.frames.push_back(stand_in(std::move(name)));
    found.named = true;
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
      found.frames.push_back({std::string{line.function}, std::string{line.file}, line.line,
                              line.declared_line, &line != &outermost});
  if (!found.named) found.frames.push_back(nameless(file->function_start(*address), path));
  return found;
}

// A coroutine's resume function begins at the offset.
place symbolizer::mapped_file::look_up_waiting(std::uint64_t offset, std::uint16_t await) const {
  auto const address = file ? file->code_address(offset) : std::nullopt;
  auto const symbol = address ? debug->symbol_at(*address) : std::nullopt;
  if (!symbol || symbol->start != *address) return look_up(offset);
  constexpr std::uint64_t longest = 1U << 20;
  std::vector<unsigned char> code(std::min(symbol->size, longest));
  if (!file->read(offset, code.data(), code.size())) code.clear();
  auto const lines_at = [this](std::uint64_t at) { return debug->lines_at(at); };
  auto const point = find_await({code, *address}, await, lines_at);
  place found;
  found.named = true;
  found.frames.push_back(
      {awaiting_name(symbol->name, point.file, point.line), point.file, point.line, 0, false});
  return found;
}

// Of the mapping's start. Its code may begin or end within a page.
std::optional<std::uint64_t> symbolizer::mapped_file::link_address_of(
    model::mapping const& code) const {
  constexpr std::uint64_t page = 4096;
  for (std::uint64_t inside = 0; inside < page; inside += page / 8)
    if (auto const address = file->code_address(code.offset + inside)) return *address - inside;
  return std::nullopt;
}

symbolizer::symbolizer(std::vector<model::mapping> maps, program ran)
    : maps_{std::move(maps)}, ran_{std::move(ran)} {
  ran_.path = without_deleted_mark(ran_.path);
  if (ran_.path.empty()) return;
  for (auto const& each : maps_)
    if (!executable_ && each.executable && is_program(each)) executable_ = &each;
  if (ran_.process == 0 || !ran_.file.empty()) check_executable();
}

symbolizer::~symbolizer() = default;

bool symbolizer::is_program(model::mapping const& where) const {
  return !ran_.path.empty() && without_deleted_mark(where.path) == ran_.path;
}

void symbolizer::check_executable() const {
  auto const& path = ran_.file.empty() ? ran_.path : ran_.file;
  auto const file = elf_file::open(path);
  if (!file)
    throw std::system_error{file.error() == errc::not_found ? errno : ENOEXEC,
                            std::generic_category(), "cannot read the executable " + path};
  if (ran_.build_id.empty()) {
    auto const inode = executable_ && ran_.file.empty() ? executable_->inode : 0;
    if (file_identity{{}, inode}.matches(*file)) return;
    throw wrong_executable{"the executable " + path +
                           " is another file than the one that ran, which has no build id"};
  }
  auto const there = file->build_id();
  if (there == ran_.build_id) return;
  throw wrong_executable{"the executable " + path + " has build id " +
                         (there.empty() ? "(none)" : there) + ", the capture is of " +
                         ran_.build_id};
}

file_identity symbolizer::identity_of(model::mapping const& where) const {
  if (is_program(where)) return {ran_.build_id, ran_.file.empty() ? where.inode : 0};
  auto const* object = find_object(ran_.objects, where);
  return {object ? object->build_id : std::string{}, where.inode};
}

// Where the file of a mapping should be.
std::vector<std::string> symbolizer::paths_of(model::mapping const& where) const {
  if (!is_program(where)) return {std::string{without_deleted_mark(where.path)}, where.path};
  std::vector<std::string> paths{ran_.file.empty() ? ran_.path : ran_.file};
  if (ran_.process != 0) paths.push_back("/proc/" + std::to_string(ran_.process) + "/exe");
  return paths;
}

file_search symbolizer::search(model::mapping const& where) const {
  file_search search{identity_of(where)};
  if (where.path == vdso) {
    auto const copy = copy_vdso(where);
    search.try_path("/proc/self/fd/" + std::to_string(copy.get()));
  }
  if (!where.path.starts_with('/')) return search;
  for (auto const& path : paths_of(where)) search.try_path(path);
  if (search.found || ran_.process == 0) return search;
  for (auto const& path : live_paths(ran_.process, where)) search.try_path(path);
  return search;
}

symbolizer::mapped_file& symbolizer::file_of(model::mapping const& where) {
  auto& slot = files_[&where];
  if (slot) return *slot;
  slot = std::make_unique<mapped_file>();
  slot->path = is_program(where) ? ran_.path : where.path;
  auto found = search(where);
  slot->build_id = found.wanted.build_id;
  if (found.found) {
    slot->file = std::move(*found.found);
    auto const beside = is_program(where) && !ran_.file.empty() ? ran_.file : slot->path;
    slot->debug.emplace(slot->file->lasting_path(), std::string{without_deleted_mark(beside)});
    slot->stubs.emplace(*slot->file);
    if (slot->build_id.empty()) slot->build_id = slot->file->build_id();
    return *slot;
  }
  // What else may be mapped, such as code that was compiled at run time, never was in a file.
  auto const was_file = is_program(where) || find_object(ran_.objects, where);
  if (found.saw_another || (was_file && where.path.starts_with('/')))
    slot->changed_name = name_of_changed(found, where.path);
  return *slot;
}

place const& symbolizer::at(std::uint64_t address) {
  auto const known = places_.find(address);
  return known != places_.end() ? known->second
                                : places_.emplace(address, look_up(address)).first->second;
}

place symbolizer::look_up(std::uint64_t address_or_word) {
  auto const waits = waiting_word::is(address_or_word);
  auto const address = waits ? waiting_word::resume_of(address_or_word) : address_or_word;
  auto const* where = model::find_mapping(maps_, address);
  if (!where || !where->executable || where->path.empty())
    return {.where = nullptr, .frames = {nameless(address, {})}, .named = false};
  auto const& file = file_of(*where);
  auto const offset = address - where->start + where->offset;
  auto found = waits ? file.look_up_waiting(offset, waiting_word::await_of(address_or_word))
                     : file.look_up(offset);
  found.where = where;
  return found;
}

// The mapping of the file whose data an address belongs to: zeroed data follows it, in no file.
model::mapping const* symbolizer::file_before(std::uint64_t address) const {
  auto const* where = model::find_mapping(maps_, address);
  while (where && where->path.empty() && where != maps_.data() && where[-1].end == where->start)
    --where;
  return where && where->path.starts_with('/') ? where : nullptr;
}

model::mapping const* symbolizer::code_of(model::mapping const& data) const {
  auto const is_it = [&](model::mapping const& each) {
    return each.executable && each.inode == data.inode && each.path == data.path;
  };
  auto const found = std::find_if(maps_.begin(), maps_.end(), is_it);
  return found == maps_.end() ? nullptr : &*found;
}

data_object symbolizer::data_at(std::uint64_t address) {
  auto const* const data = file_before(address);
  auto const* const code = data ? code_of(*data) : nullptr;
  if (!code) return {nameless(address, data ? data->path : std::string{}).system_name, 0};
  auto const& file = file_of(*code);
  auto const linked = file.file ? file.link_address_of(*code) : std::nullopt;
  auto const at = linked ? *linked + (address - code->start) : address - data->start;
  auto const symbol = linked ? file.debug->data_at(at) : std::nullopt;
  if (!symbol) return {nameless(at, file.path).system_name, 0};
  return {std::string{symbol->name}, symbol->size};
}

std::string const& symbolizer::build_id_of(model::mapping const& where) {
  return file_of(where).build_id;
}

std::string symbolizer::shortcoming_of(model::mapping const& where) {
  auto const& file = file_of(where);
  auto const lacks = file.debug ? file.debug->shortcoming() : std::string{};
  return lacks.empty() ? lacks : file.path + ' ' + lacks;
}

bool symbolizer::is_changed(model::mapping const& where) {
  return !file_of(where).changed_name.empty();
}

}  // namespace loopscope::symbols
