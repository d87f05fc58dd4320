#pragma once

#include <cstdint>
#include <elfutils/libdw.h>
#include <string_view>

namespace loopscope::symbols {

/// Nothing that a compiler writes is nested deeper.
inline constexpr int deepest_dwarf = 256;

/// Calls `visit(child)` for each child of a DIE. Whatever the bytes are, it ends: offsets grow.
template <class Visit>
void for_each_child(Dwarf_Die& parent, Visit visit) {
  Dwarf_Die child{};
  if (dwarf_child(&parent, &child) != 0) return;
  for (bool is_there = true; is_there;) {
    visit(child);
    auto const here = dwarf_dieoffset(&child);
    Dwarf_Die next{};
    is_there = dwarf_siblingof(&child, &next) == 0 && dwarf_dieoffset(&next) > here;
    child = next;
  }
}

/// Calls `take(low, high)` for each range of addresses of a unit or function.
template <class Take>
void for_each_range(Dwarf_Die& die, Take take) {
  Dwarf_Addr base = 0;
  Dwarf_Addr low = 0;
  Dwarf_Addr high = 0;
  for (std::ptrdiff_t at = 0; (at = dwarf_ranges(&die, at, &base, &low, &high)) > 0;)
    if (low < high) take(std::uint64_t{low}, std::uint64_t{high});
}

/// The text of an attribute, of the DIE itself or of what it refers to; empty without.
std::string_view text_of(Dwarf_Die& die, unsigned attribute);

/// Its number, 0 without.
std::uint32_t number_of(Dwarf_Die& die, unsigned attribute);

}  // namespace loopscope::symbols
