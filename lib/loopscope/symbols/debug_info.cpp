#include <loopscope/symbols/debug_info_impl.hpp>
#include <loopscope/symbols/dwarf_names_impl.hpp>
#include <loopscope/symbols/dwarf_unit_impl.hpp>
#include <loopscope/symbols/symbol_table_impl.hpp>

#include <algorithm>
#include <cstdlib>
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <iterator>
#include <map>
#include <utility>

namespace loopscope::symbols {

namespace {

// The debug file of a module, beside where its own file lies. The user data is that path.
int find_debug_file(Dwfl_Module* module, void** user_data, char const* name, Dwarf_Addr base,
                    char const*, char const* link, GElf_Word crc, char** found) {
  auto const& path = *static_cast<std::string const*>(*user_data);
  return dwfl_standard_find_debuginfo(module, user_data, name, base, path.c_str(), link, crc,
                                      found);
}

// libdwfl keeps a pointer to it.
Dwfl_Callbacks const callbacks{dwfl_build_id_find_elf, find_debug_file,
                               dwfl_offline_section_address, nullptr};

struct closes_session {
  void operator()(Dwfl* session) const noexcept { dwfl_end(session); }
};

// Sections that this libelf cannot unpack.
bool has_unreadable_sections(Elf* file) {
  for (auto* section = elf_nextscn(file, nullptr); section; section = elf_nextscn(file, section)) {
    GElf_Shdr header{};
    GElf_Chdr packed{};
    if (!gelf_getshdr(section, &header) || (header.sh_flags & SHF_COMPRESSED) == 0) continue;
    if (gelf_getchdr(section, &packed) && packed.ch_type != ELFCOMPRESS_ZLIB) return true;
  }
  return false;
}

}  // namespace

struct debug_info::state {
  state(std::string const& contents, std::string where);

  void read_units();
  [[nodiscard]] dwarf_unit* unit_at(std::uint64_t address);

  struct unit_range {
    std::uint64_t low;
    std::uint64_t high;
    Dwarf_Die unit;
  };

  std::string path;
  std::unique_ptr<Dwfl, closes_session> session;
  Dwfl_Module* module = nullptr;
  std::uint64_t symbol_bias = 0;
  Dwarf* dwarf = nullptr;
  std::uint64_t dwarf_bias = 0;
  bool is_packed = false;          // in a way that cannot be read
  std::string missing_split_file;  // one of the .dwo files that are not there
  symbol_table symbols;
  std::optional<symbol_table> data;  // read when it is asked for
  std::vector<unit_range> ranges;    // by low
  dwarf_names names;
  std::map<void const*, dwarf_unit> units;  // by the skeleton's place in memory
};

debug_info::state::state(std::string const& contents, std::string where)
    : path{std::move(where)}, session{dwfl_begin(&callbacks)} {
  if (!session) return;
  dwfl_report_begin(session.get());
  module = dwfl_report_offline(session.get(), path.c_str(), contents.c_str(), -1);
  dwfl_report_end(session.get(), nullptr, nullptr);
  if (!module) return;
  void** user_data = nullptr;
  dwfl_module_info(module, &user_data, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  *user_data = &path;
  GElf_Addr bias = 0;
  auto* const file = dwfl_module_getelf(module, &bias);
  symbol_bias = bias;
  dwarf = dwfl_module_getdwarf(module, &bias);
  dwarf_bias = bias - symbol_bias;
  if (file) is_packed = has_unreadable_sections(file);
  symbols = symbol_table{module, symbol_bias, symbol_kind::function};
  if (dwarf) read_units();
}

void debug_info::state::read_units() {
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die{};
  while (dwarf_get_units(dwarf, unit, &unit, nullptr, nullptr, &die, nullptr) == 0) {
    for_each_range(die, [&](std::uint64_t low, std::uint64_t high) {
      ranges.push_back({low, high, die});
    });
  }
  std::sort(ranges.begin(), ranges.end(),
            [](auto const& a, auto const& b) { return a.low < b.low; });
}

dwarf_unit* debug_info::state::unit_at(std::uint64_t address) {
  auto const begins_later = [](std::uint64_t at, auto const& range) { return at < range.low; };
  auto const next = std::upper_bound(ranges.begin(), ranges.end(), address, begins_later);
  if (next == ranges.begin() || address >= std::prev(next)->high) return nullptr;
  auto& die = std::prev(next)->unit;
  if (auto const known = units.find(die.addr); known != units.end()) return &known->second;
  Dwarf_Die split{};
  std::uint8_t kind = 0;
  auto code = die;
  if (dwarf_cu_info(die.cu, nullptr, &kind, nullptr, &split, nullptr, nullptr, nullptr) == 0 &&
      kind == DW_UT_skeleton) {
    if (split.addr)
      code = split;
    else
      missing_split_file = text_of(die, DW_AT_dwo_name);
    if (missing_split_file.empty() && !split.addr)
      missing_split_file = text_of(die, DW_AT_GNU_dwo_name);
  }
  return &units.try_emplace(die.addr, names, die, code).first->second;
}

debug_info::debug_info(std::string const& contents, std::string path)
    : state_{std::make_unique<state>(contents, std::move(path))} {}

debug_info::~debug_info() = default;

std::optional<symbol> debug_info::symbol_at(std::uint64_t address) const {
  return state_->symbols.at(address);
}

std::optional<symbol> debug_info::data_at(std::uint64_t address) const {
  auto& of = *state_;
  if (!of.module) return std::nullopt;
  if (!of.data) of.data.emplace(of.module, of.symbol_bias, symbol_kind::data);
  return of.data->at(address);
}

std::vector<source_line> debug_info::lines_at(std::uint64_t address) const {
  auto* const unit = state_->unit_at(address - state_->dwarf_bias);
  return unit ? unit->lines_at(address - state_->dwarf_bias) : std::vector<source_line>{};
}

std::string debug_info::shortcoming() const {
  auto const& of = *state_;
  if (of.is_packed && !of.dwarf)
    return "has debug information in a compressed form that cannot be read here: lines and inlined "
           "functions are missing. Link it with -gz=zlib, or run objcopy "
           "--decompress-debug-sections on it.";
  if (!of.dwarf)
    return "has no debug information: lines and inlined functions are missing. Build it with -g, "
           "or "
           "install its debug symbols.";
  if (!of.missing_split_file.empty())
    return "has its debug information in .dwo files, and " + of.missing_split_file +
           " cannot be read: functions that were inlined are missing. Keep these files where they "
           "were built; packages (.dwp) are not read.";
  return {};
}

}  // namespace loopscope::symbols
