#include <loopscope/symbols/dwarf_unit_impl.hpp>

#include <algorithm>
#include <array>
#include <dwarf.h>
#include <iterator>

namespace loopscope::symbols {

namespace {

bool may_hold_functions(int tag) {
  constexpr std::array<int, 9> all{
      DW_TAG_subprogram, DW_TAG_inlined_subroutine, DW_TAG_lexical_block,
      DW_TAG_namespace,  DW_TAG_class_type,         DW_TAG_structure_type,
      DW_TAG_union_type, DW_TAG_try_block,          DW_TAG_catch_block};
  return std::find(all.begin(), all.end(), tag) != all.end();
}

}  // namespace

dwarf_unit::dwarf_unit(dwarf_names& names, Dwarf_Die lines, Dwarf_Die code)
    : names_{names}, lines_{lines}, code_{code} {
  read_children(code_, {no_function, 0}, 0);
  std::sort(ranges_.begin(), ranges_.end(),
            [](auto const& a, auto const& b) { return a.low < b.low; });
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the tree, which is bounded
void dwarf_unit::read_children(Dwarf_Die& parent, place at, int depth) {
  if (depth >= deepest_dwarf) return;
  // NOLINTNEXTLINE(misc-no-recursion): see above
  for_each_child(parent, [&](Dwarf_Die& child) {
    auto const tag = dwarf_tag(&child);
    if (!may_hold_functions(tag)) return;
    auto inside = at;
    if (tag == DW_TAG_subprogram) add_function(child, inside);
    if (tag == DW_TAG_inlined_subroutine) add_inlined(child, inside);
    read_children(child, inside, depth + 1);
  });
}

void dwarf_unit::add_function(Dwarf_Die& die, place& at) {
  at.function = no_function;
  at.depth = 0;
  for_each_range(die, [&](std::uint64_t low, std::uint64_t high) {
    if (at.function == no_function) {
      at.function = functions_.size();
      functions_.push_back({die, {}});
    }
    ranges_.push_back({low, high, at.function});
  });
}

void dwarf_unit::add_inlined(Dwarf_Die& die, place& at) {
  if (at.function == no_function) return;
  for_each_range(die, [&](std::uint64_t low, std::uint64_t high) {
    functions_[at.function].inlined.push_back({low, high, at.depth, die});
  });
  ++at.depth;
}

// The function, and before it what was inlined there, innermost first.
std::vector<Dwarf_Die> dwarf_unit::calls_at(std::uint64_t address) const {
  auto const begins_later = [](std::uint64_t at, auto const& range) { return at < range.low; };
  auto const next = std::upper_bound(ranges_.begin(), ranges_.end(), address, begins_later);
  if (next == ranges_.begin() || address >= std::prev(next)->high) return {};
  auto const& of = functions_[std::prev(next)->function];
  std::vector<inlined_range> around;
  std::copy_if(of.inlined.begin(), of.inlined.end(), std::back_inserter(around),
               [&](auto const& each) { return address >= each.low && address < each.high; });
  std::stable_sort(around.begin(), around.end(),
                   [](auto const& a, auto const& b) { return a.depth > b.depth; });
  std::vector<Dwarf_Die> calls;
  calls.reserve(around.size() + 1);
  for (auto const& each : around) calls.push_back(each.die);
  calls.push_back(of.die);
  return calls;
}

std::vector<source_line> dwarf_unit::lines_at(std::uint64_t address) {
  std::string_view file;
  int line = 0;
  if (auto* const row = dwarf_getsrc_die(&lines_, address)) {
    dwarf_lineno(row, &line);
    if (auto const* source = dwarf_linesrc(row, nullptr, nullptr)) file = source;
  }
  auto number = static_cast<std::uint32_t>(std::max(line, 0));
  std::vector<source_line> lines;
  for (auto& call : calls_at(address)) {
    lines.push_back({names_.system_name(call), file, number, names_.declared_line(call)});
    file = file_called_from(call);
    number = number_of(call, DW_AT_call_line);
  }
  if (lines.empty() && !file.empty()) lines.push_back({{}, file, number, 0});
  return lines;
}

std::string_view dwarf_unit::file_called_from(Dwarf_Die& inlined) {
  auto const index = number_of(inlined, DW_AT_call_file);
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (dwarf_getsrcfiles(&code_, &files, &count) != 0 || index >= count) return {};
  auto const* name = dwarf_filesrc(files, index, nullptr, nullptr);
  return name ? std::string_view{name} : std::string_view{};
}

}  // namespace loopscope::symbols
