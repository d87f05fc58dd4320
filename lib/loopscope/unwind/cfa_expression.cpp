#include <loopscope/unwind/cfa_expression_impl.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>

namespace loopscope::unwind {

namespace {

// Source: DWARF 5, 7.7.1.
enum : std::uint8_t {
  dw_op_deref = 0x06,
  dw_op_and = 0x1a,
  dw_op_plus = 0x22,
  dw_op_plus_uconst = 0x23,
  dw_op_shl = 0x24,
  dw_op_ge = 0x2a,
  dw_op_lit0 = 0x30,
  dw_op_breg0 = 0x70,
};
constexpr int breg_count = 16;  // those of general registers

constexpr auto lit(int value) {
  return static_cast<std::uint8_t>(dw_op_lit0 + value);
}
constexpr auto breg(int reg) {
  return static_cast<std::uint8_t>(dw_op_breg0 + reg);
}

// rsp + 8 + ((rip & 15) >= N) * 8, where N is the literal after the prefix.
constexpr std::array<std::uint8_t, 6> plt_prefix{
    breg(dwarf_register::rsp), 8, breg(dwarf_register::rip), 0, lit(15), dw_op_and};
constexpr std::array<std::uint8_t, 4> plt_suffix{dw_op_ge, lit(3), dw_op_shl, dw_op_plus};

bool equal(std::span<std::byte const> bytes, std::span<std::uint8_t const> expected) {
  return std::equal(bytes.begin(), bytes.end(), expected.begin(), expected.end(),
                    [](std::byte a, std::uint8_t b) { return std::to_integer<int>(a) == b; });
}

std::optional<cfa_rule> read_plt_expression(std::span<std::byte const> bytes) {
  if (bytes.size() != plt_prefix.size() + 1 + plt_suffix.size() ||
      !equal(bytes.first(plt_prefix.size()), plt_prefix) ||
      !equal(bytes.last(plt_suffix.size()), plt_suffix))
    return std::nullopt;
  auto const literal = std::to_integer<int>(bytes[plt_prefix.size()]) - dw_op_lit0;
  if (literal < 0 || literal > 15) return std::nullopt;
  return cfa_rule{cfa_kind::plt, dwarf_register::rsp, 8, literal};
}

}  // namespace

cfa_rule read_cfa_expression(dwarf_reader expression) {
  if (auto const plt = read_plt_expression(expression.rest())) return *plt;
  auto const op = expression.fixed<std::uint8_t>();
  if (op < dw_op_breg0 || op >= dw_op_breg0 + breg_count) return {};
  cfa_rule rule{cfa_kind::reg, static_cast<std::uint64_t>(op - dw_op_breg0), expression.sleb(), 0};
  while (!expression.at_end()) {
    auto const next = expression.fixed<std::uint8_t>();
    if (next == dw_op_deref && rule.kind == cfa_kind::reg) {
      rule.kind = cfa_kind::deref;
    } else if (next == dw_op_plus_uconst) {
      auto& sum = rule.kind == cfa_kind::deref ? rule.addend : rule.offset;
      auto const more = expression.uleb();
      if (more > std::numeric_limits<std::int32_t>::max() || !fits<std::int32_t>(sum)) return {};
      sum += static_cast<std::int64_t>(more);
    } else {
      return {};
    }
  }
  return expression.failed() ? cfa_rule{} : rule;
}

saved_rule read_saved_expression(dwarf_reader expression) {
  auto const op = expression.fixed<std::uint8_t>();
  auto const offset = expression.sleb();
  if (op != breg(dwarf_register::rbp) || expression.failed() || !expression.at_end())
    return {saved_where::lost, 0};
  return {saved_where::at_rbp, offset};
}

}  // namespace loopscope::unwind
