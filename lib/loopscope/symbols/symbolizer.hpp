#pragma once

#include <loopscope/model/cpu_profile.hpp>
#include <loopscope/model/memory_map.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <unordered_map>
#include <vector>

namespace loopscope::symbols {

struct file_identity;
struct file_search;

/// One function at an address.
struct frame {
  std::string system_name;       ///< see names.hpp; what stands in for it if there is none
  std::string file;              ///< as the compiler knew it; empty if unknown
  std::uint32_t line = 0;        ///< 1-based, 0 unknown
  std::uint32_t first_line = 0;  ///< of the function; 0 unknown
  bool inlined = false;          ///< into the next frame

  bool operator==(frame const&) const = default;
};

/// What stands at an address of the process.
struct place {
  model::mapping const* where = nullptr;  ///< null: in no file; lives as long as the symbolizer
  std::vector<frame> frames;              ///< innermost first, never empty
  bool named = false;                     ///< whether the function has a name
};

/// A variable of the process.
struct data_object {
  std::string system_name;  ///< see names.hpp; its file and place in it if it has no name
  std::uint64_t size = 0;   ///< in bytes, 0 unknown

  bool operator==(data_object const&) const = default;
};

/// The program that a capture is of.
struct program {
  std::string path;      ///< where it ran; empty: unknown, nothing is checked
  std::string build_id;  ///< hexadecimal, empty: linked without one
  std::string file{};    ///< where it lies on this machine; empty: where it ran
  std::vector<model::mapped_object> objects{};  ///< that it had mapped
  pid_t process = 0;                            ///< that may still run it; 0: none
};

/// The executable on disk is another than the one that ran.
struct wrong_executable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Names the code addresses of another process, by its memory map and the files on this disk.
///
/// A file names code only if it is the one that was mapped: it has the recorded build id or, if
/// there is none, the inode. If another lies at its path, or none, it is looked for in the live
/// process. All code of a file that is not found has one name: `[libm.so.6 changed]`, or
/// `[libm.so.6 unreadable]` if nothing can be opened at its path.
///
/// Symbols and DWARF of a file are read at its first address. Shared libraries without DWARF have
/// the names of their dynamic symbol table, and so has a stripped executable that was linked with
/// -rdynamic.
class symbolizer {
 public:
  /// \param maps  of that process, as from `parse_maps`.
  /// \throws      system_error      the executable cannot be read;
  ///              wrong_executable  it is another; both only if `ran` names its file or no process.
  symbolizer(std::vector<model::mapping> maps, program ran);
  ~symbolizer();
  symbolizer(symbolizer const&) = delete;
  symbolizer& operator=(symbolizer const&) = delete;

  /// \param address  inside of an instruction: of a return address, the byte before it; or a
  ///                 `waiting_word`, whose one frame tells where the coroutine waits.
  /// \return         lives as long as the symbolizer; one object for each address.
  place const& at(std::uint64_t address);

  /// The variable with static storage around an address of data.
  data_object data_at(std::uint64_t address);

  /// The code of the program itself; null if its path is unknown or not mapped.
  [[nodiscard]] model::mapping const* executable() const noexcept { return executable_; }

  /// The build id of the file that was mapped there, empty if it has none or it is unknown.
  std::string const& build_id_of(model::mapping const& where);

  /// What the file that was mapped there lacks of what was asked so far, and how to get it: a
  /// sentence. Empty if nothing, or if it is not found.
  std::string shortcoming_of(model::mapping const& where);

  /// Whether the file that was mapped there is not found, and so its code has no names.
  bool is_changed(model::mapping const& where);

 private:
  struct mapped_file;

  void check_executable() const;
  [[nodiscard]] bool is_program(model::mapping const& where) const;
  [[nodiscard]] file_identity identity_of(model::mapping const& where) const;
  [[nodiscard]] std::vector<std::string> paths_of(model::mapping const& where) const;
  [[nodiscard]] file_search search(model::mapping const& where) const;
  mapped_file& file_of(model::mapping const& where);
  [[nodiscard]] model::mapping const* file_before(std::uint64_t address) const;
  [[nodiscard]] model::mapping const* code_of(model::mapping const& data) const;
  place look_up(std::uint64_t address_or_word);

  std::vector<model::mapping> maps_;
  program ran_;
  model::mapping const* executable_ = nullptr;
  std::unordered_map<model::mapping const*, std::unique_ptr<mapped_file>> files_;
  std::unordered_map<std::uint64_t, place> places_;
};

}  // namespace loopscope::symbols
