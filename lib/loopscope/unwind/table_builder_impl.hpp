#pragma once

#include <loopscope/unwind/cfa_program_impl.hpp>
#include <loopscope/unwind/unwind_table.hpp>

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace loopscope::unwind {

/// A common information entry: what the FDEs that name it share.
struct cie {
  bool has_augmentation = false;
  bool signal_frame = false;
  std::uint8_t pointer_encoding = 0;  ///< DW_EH_PE_absptr
  cfa_factors factors;
  cfa_row initial;
};

/// A function whose rows are to be added.
struct described_function {
  std::uint32_t begin;  ///< offset from the start of the text
  std::uint32_t end;    ///< likewise, one past the last byte
  cie const* of;
  dwarf_reader instructions;
};

/// Makes a table out of functions that come in order of address.
class table_builder {
 public:
  explicit table_builder(std::uint32_t text_size);

  /// Of functions that overlap the first wins, as in the binary search of .eh_frame_hdr.
  void add(described_function const& function);

  /// Counts a function that cannot be added.
  void skip() { ++counts_.skipped; }

  unwind_table finish() &&;

 private:
  struct hash {
    std::size_t operator()(unwind_rule const& rule) const;
  };

  void append(std::uint32_t begin, unwind_rule const& rule);
  std::uint16_t index_of(unwind_rule const& rule);

  std::uint32_t text_size_;
  std::uint32_t covered_ = 0;  // the end of the last function
  std::uint16_t last_ = 0;     // the rule that was asked for last: often the next as well
  std::vector<unwind_table::row> rows_;
  std::vector<unwind_rule> rules_;
  std::unordered_map<unwind_rule, std::uint16_t, hash> indices_;
  unwind_table::counters counts_;
};

}  // namespace loopscope::unwind
