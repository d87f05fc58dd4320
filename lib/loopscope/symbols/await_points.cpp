#include <loopscope/symbols/await_points_impl.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

namespace loopscope::symbols {

namespace {

using bytes = std::span<unsigned char const>;

// What x86-64 instructions begin with, as far as gcc uses them here.
constexpr unsigned char operand_16_bits = 0x66;
constexpr unsigned char rex_bits = 0x40;
constexpr unsigned char move_register_to_memory = 0x89;
constexpr unsigned char move_constant_to_memory = 0xc7;
constexpr unsigned char move_constant_to_register = 0xb8;
constexpr unsigned char rex_b = 0x41;

// An operand in memory at a register and a displacement.
struct memory_operand {
  std::int64_t displacement = 0;
  unsigned reg = 0;        // the other operand, or a part of the opcode
  std::size_t length = 0;  // of what encodes both
};

template <class T>
std::optional<T> read(bytes code, std::size_t at) {
  if (at > code.size() || code.size() - at < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, code.data() + at, sizeof value);
  return value;
}

// Source: Intel 64 Architectures Software Developer's Manual, volume 2, 2.1.3 (ModR/M and SIB).
std::optional<memory_operand> operand_at(bytes code, std::size_t at) {
  auto const mod_rm = read<unsigned char>(code, at);
  if (!mod_rm) return std::nullopt;
  memory_operand operand{0, *mod_rm >> 3 & 7U, 1};
  if ((*mod_rm & 7) == 4) ++operand.length;  // an index byte
  if (*mod_rm >> 6 == 1) {
    auto const near = read<unsigned char>(code, at + operand.length);
    if (!near) return std::nullopt;
    operand.displacement = *near < 0x80 ? *near : *near - 0x100;  // signed
    operand.length += sizeof *near;
    return operand;
  }
  auto const far = read<std::int32_t>(code, at + operand.length);
  if (*mod_rm >> 6 != 2 || !far) return std::nullopt;
  operand.displacement = *far;
  operand.length += sizeof *far;
  return operand;
}

// Whether a register of 32 bits was set to `number` not long before.
bool is_set_before(bytes code, std::size_t at, unsigned reg, std::uint16_t number) {
  constexpr std::size_t searched = 96;
  constexpr std::size_t length = 5;
  auto const least = at > searched ? at - searched : 0;
  for (auto back = at; back >= least + length; --back) {
    auto const begin = back - length;
    if (code[begin] != (move_constant_to_register | (reg & 7))) continue;
    if (read<std::uint32_t>(code, begin + 1) != number) continue;
    if (reg < 8 || (begin > 0 && code[begin - 1] == rex_b)) return true;
  }
  return false;
}

// Whether an instruction begins at `at` that stores 16 bits with that number at `offset` from a
// register. \param offset  0: at any.
// \return  the end of the instruction.
std::optional<std::size_t> end_of_store(bytes code, std::size_t at, std::uint16_t number,
                                        std::int64_t offset) {
  if (read<unsigned char>(code, at) != operand_16_bits) return std::nullopt;
  auto opcode = at + 1;
  unsigned high = 0;
  if (auto const rex = read<unsigned char>(code, opcode); rex && (*rex & 0xf0) == rex_bits) {
    high = (*rex & 4U) << 1;
    ++opcode;
  }
  auto const operation = read<unsigned char>(code, opcode);
  auto const operand = operand_at(code, opcode + 1);
  if (!operation || !operand) return std::nullopt;
  if (offset != 0 && operand->displacement != offset) return std::nullopt;
  auto const end = opcode + 1 + operand->length;
  if (*operation == move_constant_to_memory && operand->reg == 0 &&
      read<std::uint16_t>(code, end) == number)
    return end + sizeof number;
  if (*operation == move_register_to_memory && is_set_before(code, at, high | operand->reg, number))
    return end;
  return std::nullopt;
}

// Where the number lies in the frame: the function begins by loading it, with zeros above.
std::int64_t offset_of_number(bytes code) {
  constexpr std::size_t searched = 64;
  for (std::size_t at = 0; at + 2 < std::min(searched, code.size()); ++at) {
    if (code[at] != 0x0f || code[at + 1] != 0xb7) continue;
    auto const operand = operand_at(code, at + 2);
    constexpr std::int64_t behind_resume_and_destroy = 16;
    if (operand && operand->displacement >= behind_resume_and_destroy) return operand->displacement;
  }
  return 0;
}

// The line of the outermost function, if it calls an await_suspend that is inlined there.
std::optional<await_point> await_at(std::vector<source_line> const& lines) {
  auto const suspends = [](source_line const& each) {
    return each.function.find("await_suspend") != std::string_view::npos;
  };
  if (lines.empty() || std::none_of(lines.begin(), lines.end() - 1, suspends)) return std::nullopt;
  return await_point{std::string{lines.back().file}, lines.back().line};
}

}  // namespace

await_point find_await(
    coroutine_code const& code, std::uint16_t number,
    std::function<std::vector<source_line>(std::uint64_t address)> const& lines_at) {
  constexpr std::uint16_t first_await = 4;
  constexpr std::size_t searched = 64;
  await_point near;
  if (number < first_await) return near;
  // The compiler may have moved the register: then any place will do.
  for (auto const offset : {offset_of_number(code.bytes), std::int64_t{0}})
    for (std::size_t at = 0; at < code.bytes.size(); ++at) {
      auto const end = end_of_store(code.bytes, at, number, offset);
      if (!end) continue;
      for (auto next = *end; next < std::min(*end + searched, code.bytes.size()); ++next)
        if (auto const found = await_at(lines_at(code.address + next))) return *found;
      auto const here = lines_at(code.address + at);
      if (near.line == 0 && !here.empty()) near = {std::string{here.back().file}, here.back().line};
    }
  return near;
}

}  // namespace loopscope::symbols
