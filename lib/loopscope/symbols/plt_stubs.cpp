#include <loopscope/symbols/plt_stubs_impl.hpp>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace loopscope::symbols {

namespace {

// No table of a real file comes near it; a forged size must not exhaust the memory.
constexpr std::uint64_t max_section_bytes = std::uint64_t{256} << 20;

template <typename T>
std::vector<T> read_table(elf_file const& file, std::uint64_t offset, std::uint64_t bytes) {
  std::vector<T> table;
  if (bytes > max_section_bytes || !file.has(offset, bytes)) return table;
  table.resize(bytes / sizeof(T));
  if (!file.read(offset, table.data(), table.size() * sizeof(T))) table.clear();
  return table;
}

template <typename T>
std::vector<T> read_section(elf_file const& file, Elf64_Shdr const& section) {
  if (section.sh_type == SHT_NOBITS) return {};
  return read_table<T>(file, section.sh_offset, section.sh_size);
}

std::string_view text_at(std::span<char const> strings, std::uint64_t offset) {
  if (offset >= strings.size()) return {};
  auto const rest = strings.subspan(offset);
  auto const end = std::find(rest.begin(), rest.end(), '\0');
  return {rest.data(), static_cast<std::size_t>(end - rest.begin())};
}

std::vector<Elf64_Shdr> read_sections(elf_file const& file, Elf64_Ehdr const& header) {
  if (header.e_machine != EM_X86_64 || header.e_shentsize != sizeof(Elf64_Shdr)) return {};
  return read_table<Elf64_Shdr>(file, header.e_shoff,
                                std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
}

struct symbol_table {
  std::vector<Elf64_Sym> symbols;
  std::vector<char> names;
};

symbol_table read_symbols(elf_file const& file, std::span<Elf64_Shdr const> sections,
                          Elf64_Shdr const& section) {
  if (section.sh_link >= sections.size()) return {};
  return {read_section<Elf64_Sym>(file, section),
          read_section<char>(file, sections[section.sh_link])};
}

// Of several names of one function: `cos` says more than `__cos_finite` or `cosf64`.
bool is_plainer(std::string_view name, std::string_view than) {
  auto const weight = [](std::string_view text) {
    return std::pair{text.starts_with('_'), text.size()};
  };
  return weight(name) < weight(than);
}

template <typename T>
T load(std::span<std::uint8_t const> bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

bool skip(std::span<std::uint8_t const>& code, std::initializer_list<std::uint8_t> bytes) {
  if (code.size() < bytes.size() || !std::equal(bytes.begin(), bytes.end(), code.begin()))
    return false;
  code = code.subspan(bytes.size());
  return true;
}

}  // namespace

plt_stubs::plt_stubs(elf_file const& file) {
  Elf64_Ehdr header{};
  if (!file.read(0, &header, sizeof header)) return;
  auto const sections = read_sections(file, header);
  if (header.e_shstrndx >= sections.size()) return;
  auto const names = read_section<char>(file, sections[header.e_shstrndx]);
  for (auto const& section : sections)
    if (section.sh_type == SHT_DYNSYM || section.sh_type == SHT_SYMTAB)
      add_resolvers(file, sections, section);
  for (auto const& section : sections) {
    auto const name = text_at(names, section.sh_name);
    if (name == ".plt" || name == ".plt.sec" || name == ".plt.got") add_code(file, section);
    if (section.sh_type == SHT_RELA && (section.sh_flags & SHF_ALLOC) != 0)
      add_relocations(file, sections, section, name == ".rela.plt");
  }
}

void plt_stubs::add_code(elf_file const& file, Elf64_Shdr const& section) {
  constexpr std::uint64_t small = 8;
  constexpr std::uint64_t usual = 16;
  auto const entry_size = section.sh_entsize == small ? small : usual;
  tables_.push_back({section.sh_addr, entry_size, read_section<std::uint8_t>(file, section)});
}

void plt_stubs::add_resolvers(elf_file const& file, std::span<Elf64_Shdr const> sections,
                              Elf64_Shdr const& symbols) {
  auto const table = read_symbols(file, sections, symbols);
  for (auto const& symbol : table.symbols) {
    auto const name = text_at(table.names, symbol.st_name);
    if (ELF64_ST_TYPE(symbol.st_info) != STT_GNU_IFUNC || name.empty()) continue;
    auto& known = resolved_[symbol.st_value];
    if (known.empty() || is_plainer(name, known)) known = name;
  }
}

void plt_stubs::add_relocations(elf_file const& file, std::span<Elf64_Shdr const> sections,
                                Elf64_Shdr const& relocations, bool is_lazy) {
  symbol_table table;
  if (relocations.sh_link < sections.size())
    table = read_symbols(file, sections, sections[relocations.sh_link]);
  for (auto const& each : read_section<Elf64_Rela>(file, relocations)) {
    if (is_lazy) lazy_slots_.push_back(each.r_offset);
    auto const type = ELF64_R_TYPE(each.r_info);
    auto const symbol = ELF64_R_SYM(each.r_info);
    if (type == R_X86_64_IRELATIVE) {
      auto const chosen = resolved_.find(static_cast<std::uint64_t>(each.r_addend));
      if (chosen != resolved_.end()) functions_[each.r_offset] = chosen->second;
    } else if (type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT) {
      if (symbol < table.symbols.size())
        functions_[each.r_offset] = text_at(table.names, table.symbols[symbol].st_name);
    }
  }
}

std::string plt_stubs::name_at(std::uint64_t address) const {
  for (auto const& table : tables_) {
    if (address < table.address || address - table.address >= table.code.size()) continue;
    auto const start = (address - table.address) / table.entry_size * table.entry_size;
    auto const size = std::min<std::uint64_t>(table.entry_size, table.code.size() - start);
    auto const slot = slot_of({table.code.data() + start, size}, table.address + start);
    auto const function = slot ? functions_.find(*slot) : functions_.end();
    if (function != functions_.end() && !function->second.empty()) return function->second + "@plt";
  }
  return {};
}

// A stub is `jmp *slot(%rip)`, behind `endbr64` or `bnd` where the processor checks branches. There
// the lazy one is another, `push $index`, which the processor runs once for each function.
std::optional<std::uint64_t> plt_stubs::slot_of(std::span<std::uint8_t const> stub,
                                                std::uint64_t address) const {
  auto code = stub;
  skip(code, {0xf3, 0x0f, 0x1e, 0xfa});
  skip(code, {0xf2});
  auto const is_jump = skip(code, {0xff, 0x25});
  if (!is_jump && !skip(code, {0x68})) return std::nullopt;
  if (code.size() < sizeof(std::int32_t)) return std::nullopt;
  if (!is_jump) {
    auto const index = load<std::uint32_t>(code);
    return index < lazy_slots_.size() ? std::optional{lazy_slots_[index]} : std::nullopt;
  }
  auto const end = stub.size() - code.size() + sizeof(std::int32_t);
  return address + end + static_cast<std::uint64_t>(std::int64_t{load<std::int32_t>(code)});
}

}  // namespace loopscope::symbols
