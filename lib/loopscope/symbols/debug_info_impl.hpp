#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct backtrace_state;

namespace loopscope::symbols {

/// A function of a file's symbol table.
struct symbol {
  std::string_view name;  ///< as the linker knows it
  std::uint64_t start = 0;
  std::uint64_t size = 0;  ///< in bytes, 0 if unknown
};

/// A function, inlined or not, and the line of it that an address belongs to.
struct source_line {
  std::string_view function;  ///< as the linker knows it, empty if unknown
  std::string_view file;      ///< empty if unknown
  std::uint32_t line = 0;     ///< 1-based, 0 unknown
};

/// The symbols and the DWARF of one ELF file, or of the debug file that belongs to it, read by
/// libbacktrace at the first look-up. Addresses are those that the linker gave.
///
/// libbacktrace never gives memory back: this belongs into a short-lived process.
class debug_info {
 public:
  /// \param path  has to be there; libbacktrace opens it.
  explicit debug_info(std::string path);
  debug_info(debug_info const&) = delete;
  debug_info& operator=(debug_info const&) = delete;

  [[nodiscard]] std::optional<symbol> symbol_at(std::uint64_t address) const;

  /// Innermost first; all but the last are inlined. Empty without DWARF.
  [[nodiscard]] std::vector<source_line> lines_at(std::uint64_t address) const;

 private:
  std::string path_;  // libbacktrace keeps a pointer to it
  backtrace_state* state_;
};

}  // namespace loopscope::symbols
