#pragma once

#include <loopscope/unwind/cfa_expression_impl.hpp>
#include <loopscope/unwind/dwarf_reader_impl.hpp>
#include <loopscope/unwind/unwind_table.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace loopscope::unwind {

enum class return_address : std::uint8_t { standard, undefined, unsupported };

/// A row of the table that call frame instructions describe: only what a walk needs is kept.
struct cfa_row {
  cfa_rule cfa;
  saved_rule rbp;
  saved_rule rbx;
  return_address ra = return_address::unsupported;
  bool moves_rsp = false;  ///< the caller's stack pointer is not the CFA
};

/// The part of it that a walk can use.
unwind_rule to_rule(cfa_row const& row, bool signal_frame);

/// What a CIE gives to the instructions of its FDEs.
struct cfa_factors {
  std::uint64_t code = 1;
  std::int64_t data = 1;
};

/// Runs call frame instructions, row by row.
class cfa_program {
 public:
  /// \param initial  the row before the first instruction, which DW_CFA_restore goes back to.
  cfa_program(dwarf_reader instructions, cfa_factors const& factors, cfa_row const& initial)
      : in_{instructions}, factors_{factors}, initial_{initial}, row_{initial} {}

  /// Runs up to the next advance of the location.
  /// \return  by how many bytes it advances; nothing at the end.
  std::optional<std::uint64_t> finish_row();

  [[nodiscard]] cfa_row const& row() const { return row_; }

  /// False if an instruction was not: the row that it would have changed is not to be used.
  [[nodiscard]] bool supported() const { return supported_ && !in_.failed(); }

 private:
  std::optional<std::uint64_t> advance_of(std::uint8_t op);
  void execute(std::uint8_t op);
  bool define_cfa(std::uint8_t op);
  bool save_register(std::uint8_t op);
  bool lose_register(std::uint8_t op);
  bool change_rows(std::uint8_t op);
  void set_saved(std::uint64_t reg, saved_rule rule);
  void restore(std::uint64_t reg);
  std::int64_t unsigned_operand();
  std::int64_t scaled(std::int64_t value) const;

  dwarf_reader in_;
  cfa_factors factors_;
  cfa_row initial_;
  cfa_row row_;
  std::vector<cfa_row> remembered_;
  bool supported_ = true;
};

}  // namespace loopscope::unwind
