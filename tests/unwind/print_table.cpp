// Prints the unwind table of an ELF file, a row a line: address, CFA, rbx, rbp, as readelf has
// them.
#include <loopscope/unwind/eh_frame.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

using namespace loopscope::unwind;

namespace {

template <class T>
T read_at(std::string const& file, std::size_t offset) {
  T value{};
  file.copy(reinterpret_cast<char*>(&value), sizeof value, offset);
  return value;
}

struct section_place {
  std::uint64_t address = 0;
  std::size_t offset = 0;
};

section_place find_eh_frame(std::string const& file) {
  auto const header = read_at<Elf64_Ehdr>(file, 0);
  auto const names =
      read_at<Elf64_Shdr>(file, header.e_shoff + header.e_shstrndx * sizeof(Elf64_Shdr));
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    auto const section = read_at<Elf64_Shdr>(file, header.e_shoff + i * sizeof(Elf64_Shdr));
    if (std::strcmp(file.c_str() + names.sh_offset + section.sh_name, ".eh_frame") == 0)
      return {section.sh_addr, section.sh_offset};
  }
  return {};
}

address_range find_text(std::string const& file) {
  auto const header = read_at<Elf64_Ehdr>(file, 0);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    auto const segment = read_at<Elf64_Phdr>(file, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0)
      return {segment.p_vaddr, segment.p_vaddr + segment.p_memsz};
  }
  return {};
}

std::string signed_text(int value) {
  return (value < 0 ? "" : "+") + std::to_string(value);
}

std::string cfa_of(unwind_rule const& rule) {
  static constexpr std::array registers{"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
  switch (rule.kind) {
    case cfa_kind::unknown:
      return "none";
    case cfa_kind::outermost:
      return "outermost";
    case cfa_kind::reg:
      return registers.at(rule.cfa_register) + signed_text(rule.offset);
    case cfa_kind::deref:
    case cfa_kind::plt:
      return "exp";
    case cfa_kind::signal_frame:
      return "signal";
  }
  return "?";
}

std::string saved(saved_where where, int offset) {
  switch (where) {
    case saved_where::unchanged:
      return "u";
    case saved_where::at_cfa:
      return "c" + signed_text(offset);
    case saved_where::at_rbp:
      return "exp";
    case saved_where::lost:
      return "lost";
  }
  return "?";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ifstream in{argv[1], std::ios::binary};
  std::string const file{std::istreambuf_iterator<char>{in}, {}};
  auto const section = find_eh_frame(file);
  auto const text = find_text(file);
  auto const bytes = std::as_bytes(std::span{file}).subspan(section.offset);
  auto const table = parse_eh_frame(bytes, section.address, text);
  for (auto const& row : table.rows()) {
    auto const& rule = table.rules()[row.rule];
    std::printf("%lx %s %s %s\n", text.begin + row.begin, cfa_of(rule).c_str(),
                saved(rule.rbx, rule.rbx_offset).c_str(), saved(rule.rbp, rule.rbp_offset).c_str());
  }
}
