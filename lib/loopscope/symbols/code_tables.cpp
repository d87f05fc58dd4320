#include <loopscope/base/waiting_word.hpp>
#include <loopscope/symbols/code_tables_impl.hpp>
#include <loopscope/symbols/file_search_impl.hpp>
#include <loopscope/symbols/names.hpp>
#include <loopscope/symbols/plumbing_impl.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

namespace loopscope::symbols {

namespace {

constexpr std::array<std::string_view, 3> waiting{"epoll_wait", "epoll_pwait", "epoll_pwait2"};

// glibc's names of its own may stand for the public ones: `__GI_epoll_pwait`.
bool waits_for_work(frame const& innermost) {
  auto const system_name = full_name(innermost.system_name);
  std::string_view name = system_name;
  for (std::string_view const prefix : {"__GI_", "__"})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return std::find(waiting.begin(), waiting.end(), name) != waiting.end();
}

// The libraries of C and C++, and the dynamic linker.
bool is_runtime(std::string_view path) {
  auto const name = path.substr(path.rfind('/') + 1);
  constexpr std::array<std::string_view, 3> prefixes{"libc.so", "libstdc++.so", "ld-"};
  auto const matches = [&](std::string_view prefix) { return name.starts_with(prefix); };
  return std::any_of(prefixes.begin(), prefixes.end(), matches);
}

// Once it is known where it begins.
void give_name(model::code_function& function, model::name_style style) {
  auto name = short_name(function.system_name, function.file, function.line);
  function.kind = plumbing_of(name);
  function.name =
      style == model::name_style::full ? full_name(function.system_name) : std::move(name);
}

}  // namespace

// Viewers take the first module for the program.
code_table_builder::code_table_builder(symbolizer& names) : names_{names} {
  if (auto const* executable = names.executable()) module_of(*executable);
}

void code_table_builder::add_stack(model::call_stack const& pcs, model::stack_end end,
                                   first_address first) {
  model::code_stack stack;
  for (std::size_t i = 0; i < pcs.size(); ++i) {
    auto const may_return = i > 0 || first == first_address::returned;
    auto const is_return = may_return && pcs[i] > 0 && !waiting_word::is(pcs[i]);
    stack.locations.push_back(location_of(is_return ? pcs[i] - 1 : pcs[i]));
  }
  if (!pcs.empty()) stack.idle = waits_for_work(names_.at(pcs.front()).frames.back());
  if (end == model::stack_end::whole)
    drop_start_code(stack.locations);
  else
    stack.locations.push_back(mark_of(end));
  stacks_.push_back(std::move(stack));
}

// Of the files in which a hundredth of the samples or more were busy. That the libraries of C and
// C++ have nothing but symbols is the usual case.
std::vector<std::string> code_table_builder::notes(
    std::vector<model::cpu_sample> const& samples) const {
  struct busy_file {
    std::size_t samples = 0;
    std::size_t blind = 0;  // of them where the code has no line
    std::uint32_t blind_place = 0;
  };
  std::map<model::mapping const*, busy_file> files;
  for (auto const& sample : samples) {
    auto const& stack = stacks_[sample.stack];
    if (stack.idle || stack.locations.empty()) continue;
    auto const place = stack.locations.front();
    if (!is_in_noted_file(place)) continue;
    auto& file = files[where_[place]];
    ++file.samples;
    if (has_line(place)) continue;
    ++file.blind;
    file.blind_place = place;
  }
  std::set<std::string> found;  // a file may have been mapped in several pieces
  auto const is_much = [&](std::size_t count) { return count * 100 >= samples.size(); };
  for (auto const& [where, file] : files) {
    if (!is_much(file.samples)) continue;
    auto note = names_.shortcoming_of(*where);
    if (note.empty() && is_much(file.blind)) note = blind_note(file.blind_place);
    if (!note.empty()) found.insert(std::move(note));
  }
  return {found.begin(), found.end()};
}

void code_table_builder::move_into(model::code_tables& tables, model::name_style style) {
  for (auto& function : functions_) give_name(function, style);
  tables.modules = std::move(modules_);
  tables.functions = std::move(functions_);
  tables.locations = std::move(locations_);
  tables.stacks = std::move(stacks_);
}

// Stands for the callers that are missing.
std::uint32_t code_table_builder::mark_of(model::stack_end end) {
  auto const [known, is_new] =
      mark_ids_.try_emplace(end, static_cast<std::uint32_t>(locations_.size()));
  if (is_new) {
    frame mark;
    mark.system_name = end == model::stack_end::cut ? "[stack cut]" : "[broken stack]";
    model::code_location location;
    location.lines.push_back({function_of(mark), 0});
    locations_.push_back(std::move(location));
    where_.push_back(nullptr);
  }
  return known->second;
}

std::uint32_t code_table_builder::location_of(std::uint64_t address) {
  auto const [known, is_new] =
      location_ids_.try_emplace(address, static_cast<std::uint32_t>(locations_.size()));
  if (is_new) {
    auto const& found = names_.at(address);
    model::code_location location{
        waiting_word::is(address) ? waiting_word::resume_of(address) : address,
        model::code_location::no_module,
        found.named,
        {}};
    if (found.where) location.module = module_of(*found.where);
    for (auto const& each : found.frames) location.lines.push_back({function_of(each), each.line});
    locations_.push_back(std::move(location));
    where_.push_back(found.where);
  }
  return known->second;
}

std::uint32_t code_table_builder::module_of(model::mapping const& where) {
  auto const [known, is_new] =
      module_ids_.try_emplace(&where, static_cast<std::uint32_t>(modules_.size()));
  if (is_new)
    modules_.push_back({where.start, where.end, where.offset,
                        std::string{without_deleted_mark(where.path)}, names_.build_id_of(where),
                        names_.is_changed(where)});
  return known->second;
}

std::uint32_t code_table_builder::function_of(frame const& each) {
  auto key = each.system_name + '\n' + each.file;
  // Lambdas of one function may share all of their name.
  if (each.system_name.find("<lambda") != std::string::npos)
    key += '\n' + std::to_string(each.first_line);
  auto const [known, is_new] =
      function_ids_.try_emplace(std::move(key), static_cast<std::uint32_t>(functions_.size()));
  if (is_new) functions_.push_back({{}, each.system_name, each.file});
  // The first line is not always known: then it is the first that was seen.
  auto& first = functions_[known->second].line;
  for (auto const line : {each.first_line, each.line})
    if (line != 0 && (first == 0 || line < first)) first = line;
  return known->second;
}

// Code that runs before `main` or a thread's function, which is of no use to a reader.
bool code_table_builder::is_start_code(std::uint32_t at) const {
  auto const& location = locations_[at];
  if (location.module == model::code_location::no_module) return true;
  auto const own = names_.executable() && location.module == 0;
  if (own) return functions_[location.lines.back().function].system_name == "_start";
  return !location.named || is_runtime(modules_[location.module].path);
}

// Only as long as something is left.
void code_table_builder::drop_start_code(std::vector<std::uint32_t>& stack) const {
  auto const tells_something = [this](std::uint32_t at) { return !is_start_code(at); };
  auto const last = std::find_if(stack.rbegin(), stack.rend(), tells_something);
  if (last != stack.rend()) stack.erase(last.base(), stack.end());
}

bool code_table_builder::is_in_noted_file(std::uint32_t place) const {
  auto const* where = where_[place];
  return where && where->path.starts_with('/') && !is_runtime(where->path) &&
         !modules_[locations_[place].module].is_changed;
}

// Or needs none: a stub is the linker's.
bool code_table_builder::has_line(std::uint32_t place) const {
  auto const& innermost = locations_[place].lines.front();
  return innermost.line != 0 || functions_[innermost.function].system_name.ends_with("@plt");
}

std::string code_table_builder::blind_note(std::uint32_t place) const {
  auto const& function = functions_[locations_[place].lines.front().function];
  return where_[place]->path + " has no debug information for all of its code, such as " +
         full_name(function.system_name) + ": lines and inlined functions are missing. Build " +
         "all of it with -g.";
}

}  // namespace loopscope::symbols
