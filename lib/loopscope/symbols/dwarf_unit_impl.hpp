#pragma once

#include <loopscope/symbols/debug_info_impl.hpp>
#include <loopscope/symbols/dwarf_names_impl.hpp>

#include <cstddef>
#include <cstdint>
#include <elfutils/libdw.h>
#include <string_view>
#include <vector>

namespace loopscope::symbols {

/// The functions of one compilation unit, and what was inlined into them.
///
/// Reads all of the unit once; then a look-up is a binary search. Takes any bytes: offsets only
/// grow, and depth is bounded.
class dwarf_unit {
 public:
  /// \param names  outlives the unit.
  /// \param lines  the unit whose line table it is: with split DWARF the skeleton.
  /// \param code   the unit that holds the functions: with split DWARF the one of the .dwo file.
  dwarf_unit(dwarf_names& names, Dwarf_Die lines, Dwarf_Die code);

  /// As debug_info::lines_at. The texts live as long as this object and what libdw has open.
  /// \param address  of the unit, as DWARF has it.
  [[nodiscard]] std::vector<source_line> lines_at(std::uint64_t address);

 private:
  struct inlined_range {
    std::uint64_t low;
    std::uint64_t high;
    int depth;
    Dwarf_Die die;
  };
  struct function {
    Dwarf_Die die;
    std::vector<inlined_range> inlined;
  };
  struct function_range {
    std::uint64_t low;
    std::uint64_t high;
    std::size_t function;  // index into functions_
  };
  // Where a DIE was found.
  struct place {
    std::size_t function;
    int depth;  // of inlined functions
  };
  static constexpr std::size_t no_function = ~std::size_t{0};

  void read_children(Dwarf_Die& parent, place at, int depth);
  void add_function(Dwarf_Die& die, place& at);
  void add_inlined(Dwarf_Die& die, place& at);
  [[nodiscard]] std::vector<Dwarf_Die> calls_at(std::uint64_t address) const;
  std::string_view file_called_from(Dwarf_Die& inlined);

  dwarf_names& names_;
  Dwarf_Die lines_;
  Dwarf_Die code_;
  std::vector<function> functions_;
  std::vector<function_range> ranges_;  // by low
};

}  // namespace loopscope::symbols
