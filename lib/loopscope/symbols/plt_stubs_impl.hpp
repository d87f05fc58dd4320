#pragma once

#include <loopscope/symbols/elf_file_impl.hpp>

#include <cstdint>
#include <elf.h>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace loopscope::symbols {

/// The stubs through which the code of a file calls functions of other files. They have no symbols:
/// a stub jumps through a slot of the global offset table, for which the dynamic linker has a
/// relocation with the function's symbol, or with the address of what chooses the function when the
/// program starts (STT_GNU_IFUNC), which has a symbol itself.
///
/// For x86-64; a file for another machine has none. Trusts nothing of the file.
/// Source: https://gitlab.com/x86-psABIs/x86-64-ABI (Procedure Linkage Table)
class plt_stubs {
 public:
  explicit plt_stubs(elf_file const& file);

  /// As disassemblers have it, `log1p@plt`; empty if no stub is there, or nothing is known of it.
  /// \param address  as linked, anywhere in a stub. O(1).
  [[nodiscard]] std::string name_at(std::uint64_t address) const;

 private:
  struct code_table {
    std::uint64_t address = 0;
    std::uint64_t entry_size = 0;
    std::vector<std::uint8_t> code;
  };

  void add_code(elf_file const& file, Elf64_Shdr const& section);
  void add_resolvers(elf_file const& file, std::span<Elf64_Shdr const> sections,
                     Elf64_Shdr const& symbols);
  void add_relocations(elf_file const& file, std::span<Elf64_Shdr const> sections,
                       Elf64_Shdr const& relocations, bool is_lazy);
  [[nodiscard]] std::optional<std::uint64_t> slot_of(std::span<std::uint8_t const> stub,
                                                     std::uint64_t address) const;

  std::vector<code_table> tables_;
  std::unordered_map<std::uint64_t, std::string> resolved_;   // what is chosen, by what chooses
  std::unordered_map<std::uint64_t, std::string> functions_;  // by slot
  std::vector<std::uint64_t> lazy_slots_;  // in the order of the relocations that lazy stubs push
};

}  // namespace loopscope::symbols
