#include <loopscope/symbols/symbol_table_impl.hpp>

#include <algorithm>
#include <elf.h>
#include <iterator>
#include <string_view>
#include <tuple>

namespace loopscope::symbols {

namespace {

struct candidate {
  symbol found;
  int binding;  // the lowest is the best
};

int rank_of(unsigned char info) {
  switch (GELF_ST_BIND(info)) {
    case STB_GLOBAL:
    case STB_GNU_UNIQUE:
      return 0;
    case STB_WEAK:
      return 1;
    default:
      return 2;
  }
}

// Code, and labels of assembler code, which have no type.
bool may_be_function(GElf_Sym const& of) {
  auto const type = GELF_ST_TYPE(of.st_info);
  auto const is_code = type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE;
  return is_code && of.st_shndx != SHN_UNDEF && of.st_shndx != SHN_ABS;
}

bool is_data(GElf_Sym const& of) {
  auto const is_object = GELF_ST_TYPE(of.st_info) == STT_OBJECT;
  return is_object && of.st_shndx != SHN_UNDEF && of.st_shndx != SHN_ABS && of.st_size != 0;
}

std::size_t underscores_before(std::string_view name) {
  return std::min(name.find_first_not_of('_'), name.size());
}

// What has a size is a function; what has none may be any label.
bool is_better(candidate const& a, candidate const& b) {
  auto const order = [](candidate const& of) {
    auto const& name = of.found.name;
    return std::tuple{of.found.start,           of.found.size == 0, of.binding,
                      underscores_before(name), name.size(),        name};
  };
  return order(a) < order(b);
}

}  // namespace

symbol_table::symbol_table(Dwfl_Module* module, std::uint64_t bias, symbol_kind kind) {
  std::vector<candidate> all;
  auto const count = dwfl_module_getsymtab(module);
  for (int i = 1; i < count; ++i) {
    GElf_Sym entry{};
    GElf_Addr address = 0;
    auto const* name =
        dwfl_module_getsym_info(module, i, &entry, &address, nullptr, nullptr, nullptr);
    auto const is_wanted = kind == symbol_kind::data ? is_data(entry) : may_be_function(entry);
    if (!name || *name == '\0' || !is_wanted) continue;
    all.push_back({{name, address - bias, entry.st_size}, rank_of(entry.st_info)});
  }
  std::sort(all.begin(), all.end(), is_better);
  for (auto const& each : all)
    if (symbols_.empty() || symbols_.back().start != each.found.start)
      symbols_.push_back(each.found);
}

std::optional<symbol> symbol_table::at(std::uint64_t address) const {
  auto const begins_later = [](std::uint64_t at, symbol const& each) { return at < each.start; };
  auto next = std::upper_bound(symbols_.begin(), symbols_.end(), address, begins_later);
  std::optional<symbol> label;
  if (next != symbols_.begin() && std::prev(next)->size == 0) label = *std::prev(next);
  // A label inside of a function is not its end.
  constexpr int labels = 8;
  for (int i = 0; i < labels && next != symbols_.begin(); ++i) {
    --next;
    if (address - next->start < next->size) return *next;
  }
  return label;
}

}  // namespace loopscope::symbols
