#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace loopscope::unwind {

/// DWARF's numbers of the registers that matter. Source: System V psABI x86-64, figure 3.36.
namespace dwarf_register {
inline constexpr std::uint8_t rbx = 3;
inline constexpr std::uint8_t rbp = 6;
inline constexpr std::uint8_t rsp = 7;
inline constexpr std::uint8_t rip = 16;
}  // namespace dwarf_register

/// How to find a frame's CFA: the value of the stack pointer before the call.
enum class cfa_kind : std::uint8_t {
  unknown,      ///< no row, or one that is not supported
  outermost,    ///< nothing called this: the return address is undefined
  reg,          ///< register + offset
  deref,        ///< *(register + offset) + addend
  plt,          ///< rsp + offset, and 8 more from byte `addend` of the 16-byte stub on
  signal_frame  ///< the kernel saved every register above rsp
};

/// Where a caller's register is found.
enum class saved_where : std::uint8_t {
  unchanged,  ///< still in the register
  at_cfa,     ///< in memory at CFA + offset
  at_rbp,     ///< in memory at rbp + offset: a frame with a realigned stack
  lost        ///< nowhere that is supported
};

/// One row of an unwind table, without the addresses it is for. The return address of every kind
/// but `signal_frame` is at CFA - 8.
struct unwind_rule {
  cfa_kind kind = cfa_kind::unknown;
  std::uint8_t cfa_register = 0;
  saved_where rbp = saved_where::unchanged;
  saved_where rbx = saved_where::unchanged;
  std::int16_t rbp_offset = 0;
  std::int16_t rbx_offset = 0;
  std::int32_t offset = 0;
  std::int32_t addend = 0;

  auto operator<=>(unwind_rule const&) const = default;
};
static_assert(sizeof(unwind_rule) == 16);

/// What .eh_frame says of one object's code, as sorted rows over a small set of distinct rules.
/// \thread immutable; `find` is async-signal-safe
class unwind_table {
 public:
  /// A rule that holds from an address up to the next row's.
  struct row {
    std::uint32_t begin;  ///< offset from the start of the text
    std::uint16_t rule;   ///< index into `rules`
  };

  /// How parsing went.
  struct counters {
    std::uint32_t functions = 0;    ///< FDEs taken
    std::uint32_t skipped = 0;      ///< FDEs outside the text or not supported
    std::uint32_t unsupported = 0;  ///< rows whose rule is not supported
  };

  unwind_table() = default;
  /// \param rows   sorted by address, the first at 0.
  /// \param rules  at most 2^16.
  unwind_table(std::vector<row> rows, std::vector<unwind_rule> rules, std::uint32_t text_size,
               counters counts);

  /// \param offset  from the start of the text.
  /// \return  null if the offset lies beyond the text or the table is empty.
  [[nodiscard]] unwind_rule const* find(std::uint32_t offset) const noexcept {
    auto const bucket = offset >> bucket_bits;
    if (std::size_t{bucket} + 1 >= first_row_.size()) return nullptr;
    auto low = first_row_[bucket];
    auto high = first_row_[bucket + 1];
    while (low < high) {  // the last row that begins at or before the offset
      auto const middle = low + (high - low + 1) / 2;
      if (rows_[middle].begin <= offset)
        low = middle;
      else
        high = middle - 1;
    }
    return &rules_[rows_[low].rule];
  }

  [[nodiscard]] std::span<row const> rows() const noexcept { return rows_; }
  [[nodiscard]] std::span<unwind_rule const> rules() const noexcept { return rules_; }
  [[nodiscard]] counters const& counts() const noexcept { return counts_; }

  /// Bytes on the heap.
  [[nodiscard]] std::size_t memory() const noexcept;

  /// Overwrites everything: tests find use after free by it.
  void poison() noexcept;

 private:
  static constexpr unsigned bucket_bits = 8;

  std::vector<row> rows_;
  std::vector<unwind_rule> rules_;
  std::vector<std::uint32_t> first_row_;  // by bucket: the row in force at its start
  counters counts_;
};

}  // namespace loopscope::unwind
