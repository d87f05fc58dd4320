#include <loopscope/unwind/cfa_program_impl.hpp>

#include <cstddef>
#include <limits>

namespace loopscope::unwind {

namespace {

using dwarf_register::rbp;
using dwarf_register::rbx;
using dwarf_register::rip;
using dwarf_register::rsp;

// Source: DWARF 5, 7.24; Linux Standard Base 5.0, Core, 10.5.2 for the last two.
enum : std::uint8_t {
  dw_cfa_advance_loc = 0x40,
  dw_cfa_offset = 0x80,
  dw_cfa_restore = 0xc0,
  dw_cfa_nop = 0x00,
  dw_cfa_advance_loc1 = 0x02,
  dw_cfa_advance_loc2 = 0x03,
  dw_cfa_advance_loc4 = 0x04,
  dw_cfa_offset_extended = 0x05,
  dw_cfa_restore_extended = 0x06,
  dw_cfa_undefined = 0x07,
  dw_cfa_same_value = 0x08,
  dw_cfa_register = 0x09,
  dw_cfa_remember_state = 0x0a,
  dw_cfa_restore_state = 0x0b,
  dw_cfa_def_cfa = 0x0c,
  dw_cfa_def_cfa_register = 0x0d,
  dw_cfa_def_cfa_offset = 0x0e,
  dw_cfa_def_cfa_expression = 0x0f,
  dw_cfa_expression = 0x10,
  dw_cfa_offset_extended_sf = 0x11,
  dw_cfa_def_cfa_sf = 0x12,
  dw_cfa_def_cfa_offset_sf = 0x13,
  dw_cfa_val_offset = 0x14,
  dw_cfa_val_offset_sf = 0x15,
  dw_cfa_val_expression = 0x16,
  dw_cfa_gnu_args_size = 0x2e,
  dw_cfa_gnu_negative_offset_extended = 0x2f,
};
constexpr std::uint8_t operand_bits = 0x3f;  // of the first three

constexpr std::size_t max_remembered = 64;

// Fits into no rule, so that a row with it is unsupported.
constexpr auto too_large = std::numeric_limits<std::int64_t>::max();

}  // namespace

unwind_rule to_rule(cfa_row const& row, bool signal_frame) {
  unwind_rule rule;
  if (signal_frame) {
    rule.kind = cfa_kind::signal_frame;
    return rule;
  }
  if (row.ra == return_address::undefined) {
    rule.kind = cfa_kind::outermost;
    return rule;
  }
  if (row.cfa.kind == cfa_kind::unknown || row.ra == return_address::unsupported || row.moves_rsp ||
      row.cfa.reg >= rip || !fits<std::int32_t>(row.cfa.offset) ||
      !fits<std::int32_t>(row.cfa.addend))
    return rule;
  rule.kind = row.cfa.kind;
  rule.cfa_register = static_cast<std::uint8_t>(row.cfa.reg);
  rule.offset = static_cast<std::int32_t>(row.cfa.offset);
  rule.addend = static_cast<std::int32_t>(row.cfa.addend);
  rule.rbp = row.rbp.where;
  rule.rbx = row.rbx.where;
  rule.rbp_offset = static_cast<std::int16_t>(row.rbp.offset);
  rule.rbx_offset = static_cast<std::int16_t>(row.rbx.offset);
  return rule;
}

std::optional<std::uint64_t> cfa_program::finish_row() {
  while (supported_ && !in_.at_end()) {
    auto const op = in_.fixed<std::uint8_t>();
    if (auto const bytes = advance_of(op)) return bytes;
    execute(op);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> cfa_program::advance_of(std::uint8_t op) {
  if ((op & ~operand_bits) == dw_cfa_advance_loc) return (op & operand_bits) * factors_.code;
  switch (op) {
    case dw_cfa_advance_loc1:
      return in_.fixed<std::uint8_t>() * factors_.code;
    case dw_cfa_advance_loc2:
      return in_.fixed<std::uint16_t>() * factors_.code;
    case dw_cfa_advance_loc4:
      return in_.fixed<std::uint32_t>() * factors_.code;
    default:
      return std::nullopt;
  }
}

// DW_CFA_set_loc is not supported: no compiler writes it.
void cfa_program::execute(std::uint8_t op) {
  supported_ = define_cfa(op) || save_register(op) || lose_register(op) || change_rows(op);
}

bool cfa_program::define_cfa(std::uint8_t op) {
  auto& cfa = row_.cfa;
  switch (op) {
    case dw_cfa_def_cfa:
    case dw_cfa_def_cfa_sf: {
      auto const reg = in_.uleb();
      auto const offset = op == dw_cfa_def_cfa ? unsigned_operand() : scaled(in_.sleb());
      cfa = {cfa_kind::reg, reg, offset, 0};
      return true;
    }
    case dw_cfa_def_cfa_register:
      cfa.reg = in_.uleb();
      break;
    case dw_cfa_def_cfa_offset:
      cfa.offset = unsigned_operand();
      break;
    case dw_cfa_def_cfa_offset_sf:
      cfa.offset = scaled(in_.sleb());
      break;
    case dw_cfa_def_cfa_expression:
      cfa = read_cfa_expression(in_.part(in_.uleb()));
      return true;
    default:
      return false;
  }
  if (cfa.kind != cfa_kind::reg) cfa.kind = cfa_kind::unknown;  // half of a rule that was another
  return true;
}

bool cfa_program::save_register(std::uint8_t op) {
  auto const primary = op & ~operand_bits;
  if (primary == dw_cfa_offset) {
    set_saved(op & operand_bits, {saved_where::at_cfa, scaled(unsigned_operand())});
    return true;
  }
  if (primary == dw_cfa_restore) {
    restore(op & operand_bits);
    return true;
  }
  if (op == dw_cfa_restore_extended) {
    restore(in_.uleb());
    return true;
  }
  if (op != dw_cfa_offset_extended && op != dw_cfa_offset_extended_sf &&
      op != dw_cfa_gnu_negative_offset_extended && op != dw_cfa_expression)
    return false;
  auto const reg = in_.uleb();
  if (op == dw_cfa_expression)
    set_saved(reg, read_saved_expression(in_.part(in_.uleb())));
  else if (op == dw_cfa_offset_extended)
    set_saved(reg, {saved_where::at_cfa, scaled(unsigned_operand())});
  else if (op == dw_cfa_offset_extended_sf)
    set_saved(reg, {saved_where::at_cfa, scaled(in_.sleb())});
  else
    set_saved(reg, {saved_where::at_cfa, -scaled(unsigned_operand())});
  return true;
}

bool cfa_program::lose_register(std::uint8_t op) {
  if (op != dw_cfa_undefined && op != dw_cfa_register && op != dw_cfa_val_offset &&
      op != dw_cfa_val_offset_sf && op != dw_cfa_val_expression)
    return false;
  auto const reg = in_.uleb();
  set_saved(reg, {saved_where::lost, 0});
  if (op == dw_cfa_undefined) {
    if (reg == rip) row_.ra = return_address::undefined;
    return true;
  }
  auto const operand = in_.uleb();  // the sign of an sLEB128 does not change its length
  if (op == dw_cfa_val_expression) in_.part(operand);
  return true;
}

bool cfa_program::change_rows(std::uint8_t op) {
  switch (op) {
    case dw_cfa_nop:
      return true;
    case dw_cfa_gnu_args_size:
      in_.uleb();
      return true;
    case dw_cfa_same_value:
      set_saved(in_.uleb(), {});
      return true;
    case dw_cfa_remember_state:
      if (remembered_.size() == max_remembered) return false;
      remembered_.push_back(row_);
      return true;
    case dw_cfa_restore_state:
      if (remembered_.empty()) return false;
      row_ = remembered_.back();
      remembered_.pop_back();
      return true;
    default:
      return false;
  }
}

void cfa_program::set_saved(std::uint64_t reg, saved_rule rule) {
  if (!fits<std::int16_t>(rule.offset)) rule = {saved_where::lost, 0};
  auto const standard = rule.where == saved_where::at_cfa && rule.offset == -8;
  if (reg == rbp) row_.rbp = rule;
  if (reg == rbx) row_.rbx = rule;
  if (reg == rsp) row_.moves_rsp = rule.where != saved_where::unchanged;
  if (reg == rip) row_.ra = standard ? return_address::standard : return_address::unsupported;
}

void cfa_program::restore(std::uint64_t reg) {
  if (reg == rbp) row_.rbp = initial_.rbp;
  if (reg == rbx) row_.rbx = initial_.rbx;
  if (reg == rsp) row_.moves_rsp = initial_.moves_rsp;
  if (reg == rip) row_.ra = initial_.ra;
}

std::int64_t cfa_program::unsigned_operand() {
  auto const value = in_.uleb();
  return value > std::numeric_limits<std::int32_t>::max() ? too_large
                                                          : static_cast<std::int64_t>(value);
}

std::int64_t cfa_program::scaled(std::int64_t value) const {
  if (!fits<std::int32_t>(value) || !fits<std::int32_t>(factors_.data)) return too_large;
  return value * factors_.data;
}

}  // namespace loopscope::unwind
