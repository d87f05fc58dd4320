#pragma once

#include <loopscope/unwind/dwarf_reader_impl.hpp>
#include <loopscope/unwind/unwind_table.hpp>

#include <cstdint>
#include <limits>

namespace loopscope::unwind {

/// A CFA's rule before it is known to fit into an `unwind_rule`.
struct cfa_rule {
  cfa_kind kind = cfa_kind::unknown;
  std::uint64_t reg = 0;
  std::int64_t offset = 0;
  std::int64_t addend = 0;
};

/// Likewise a saved register's.
struct saved_rule {
  saved_where where = saved_where::unchanged;
  std::int64_t offset = 0;
};

template <class T>
constexpr bool fits(std::int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

/// The location expression of a CFA. Supported are "register + offset", optionally dereferenced and
/// added to, and the one that linkers write for .plt.
cfa_rule read_cfa_expression(dwarf_reader expression);

/// The location expression of a saved register. Supported is "rbp + offset".
saved_rule read_saved_expression(dwarf_reader expression);

}  // namespace loopscope::unwind
