#pragma once

#include <loopscope/model/memory_map.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace loopscope::symbols {

/// One function at an address.
struct frame {
  std::string function;          ///< demangled; a number and the file's name if it has no name
  std::string system_name;       ///< as the linker knows it
  std::string file;              ///< as the compiler knew it; empty if unknown
  std::uint32_t line = 0;        ///< 1-based, 0 unknown
  std::uint32_t first_line = 0;  ///< of the function; 0 unknown, as it is of an inlined one
  bool inlined = false;          ///< into the next frame

  bool operator==(frame const&) const = default;
};

/// What stands at an address of the process.
struct place {
  model::mapping const* where = nullptr;  ///< null: in no file; lives as long as the symbolizer
  std::vector<frame> frames;              ///< innermost first, never empty
  bool named = false;                     ///< whether the function has a name
};

/// The program that a capture is of.
struct program {
  std::string path;      ///< where it ran; empty: unknown, nothing is checked
  std::string build_id;  ///< hexadecimal, empty: linked without one
  std::string file{};    ///< where it lies on this machine; empty: where it ran
};

/// The executable on disk is another than the one that ran: every name would be a guess.
struct wrong_executable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Names the code addresses of another process, by its memory map and the files on this disk.
///
/// Symbols and DWARF of a file are read at its first address; they stay until the process ends:
/// libbacktrace never gives memory back. Shared libraries without DWARF have the names of their
/// dynamic symbol table, and so has a stripped executable that was linked with -rdynamic.
class symbolizer {
 public:
  /// \param maps  of that process, as from `parse_maps`.
  /// \throws      system_error      the executable cannot be read;
  ///              wrong_executable  it has another build id.
  symbolizer(std::vector<model::mapping> maps, program const& ran);
  ~symbolizer();
  symbolizer(symbolizer const&) = delete;
  symbolizer& operator=(symbolizer const&) = delete;

  /// \param address  inside of an instruction: of a return address, the byte before it.
  /// \return         lives as long as the symbolizer; one object for each address.
  place const& at(std::uint64_t address);

  /// The code of the program itself; null if its path is unknown or not mapped.
  [[nodiscard]] model::mapping const* executable() const noexcept { return executable_; }

  /// The build id of the file of a mapping, empty if it has none or cannot be read.
  std::string build_id_of(model::mapping const& where);

 private:
  struct mapped_file;

  mapped_file& file_of(model::mapping const& where);
  place look_up(std::uint64_t address);

  std::vector<model::mapping> maps_;
  model::mapping const* executable_ = nullptr;
  std::string executable_path_;
  std::string executable_file_;
  std::unordered_map<model::mapping const*, std::unique_ptr<mapped_file>> files_;
  std::unordered_map<std::uint64_t, place> places_;
};

}  // namespace loopscope::symbols
