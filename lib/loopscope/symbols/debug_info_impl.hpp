#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::symbols {

/// A function or a variable of a file's symbol table.
struct symbol {
  std::string_view name;  ///< as the linker knows it
  std::uint64_t start = 0;
  std::uint64_t size = 0;  ///< in bytes, 0 if unknown
};

/// A function, inlined or not, and the line of it that an address belongs to.
struct source_line {
  std::string_view function;        ///< a system name, see names.hpp; empty if unknown
  std::string_view file;            ///< empty if unknown
  std::uint32_t line = 0;           ///< 1-based, 0 unknown
  std::uint32_t declared_line = 0;  ///< where the function, or its lambda, begins; 0 unknown
};

/// The symbols and the DWARF of one ELF file, or of the debug file that belongs to it: found by
/// build id or `.gnu_debuglink` beside the file, in `.debug` and in /usr/lib/debug, with what `dwz`
/// moved to a common file, and with split DWARF (.dwo). Addresses are those that the linker gave.
///
/// Read by elfutils' libdw, unit by unit at the first look-up. It reads foreign bytes: this belongs
/// into a process of its own.
class debug_info {
 public:
  /// \param contents  a path to the file's bytes, which may be its descriptor in /proc.
  /// \param path      where the file lies or lay: what belongs to it is looked for beside it.
  debug_info(std::string const& contents, std::string path);
  ~debug_info();
  debug_info(debug_info const&) = delete;
  debug_info& operator=(debug_info const&) = delete;

  [[nodiscard]] std::optional<symbol> symbol_at(std::uint64_t address) const;

  /// The variable there.
  [[nodiscard]] std::optional<symbol> data_at(std::uint64_t address) const;

  /// Innermost first; all but the last are inlined. Empty without DWARF.
  /// The texts live as long as this object.
  [[nodiscard]] std::vector<source_line> lines_at(std::uint64_t address) const;

  /// What is missing of all that was looked up so far, and how to get it, as a sentence without its
  /// subject, the file: "has no debug information ...". Empty if nothing is.
  [[nodiscard]] std::string shortcoming() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace loopscope::symbols
