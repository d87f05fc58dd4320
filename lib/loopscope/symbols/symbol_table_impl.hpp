#pragma once

#include <loopscope/symbols/debug_info_impl.hpp>

#include <cstdint>
#include <elfutils/libdwfl.h>
#include <optional>
#include <vector>

namespace loopscope::symbols {

/// What a table holds.
enum class symbol_kind : std::uint8_t { function, data };

/// The functions or the variables of a symbol table, by address.
///
/// Of several names for one place it has the one that people know: a global symbol before a weak
/// one before a local one, then the one with fewer underscores in front, then the shorter one.
class symbol_table {
 public:
  symbol_table() = default;

  /// \param bias  what libdwfl adds to the addresses of the linker.
  symbol_table(Dwfl_Module* module, std::uint64_t bias, symbol_kind kind);

  /// A symbol without a size goes on to the next one.
  [[nodiscard]] std::optional<symbol> at(std::uint64_t address) const;

  [[nodiscard]] bool empty() const noexcept { return symbols_.empty(); }

 private:
  std::vector<symbol> symbols_;  // by start, one for each
};

}  // namespace loopscope::symbols
