#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <elf.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loopscope::symbols {

/// An ELF file on disk: where its bytes are loaded, which build it is, where its functions begin.
///
/// Reads no more than it needs, and trusts nothing of it.
class elf_file {
 public:
  /// \return  errc::not_found    it cannot be opened;
  ///          errc::unsupported  it is no regular, little-endian 64-bit ELF file.
  static result<elf_file> open(std::string const& path);

  /// The GNU build id in hexadecimal, empty if it has none.
  [[nodiscard]] std::string build_id() const;

  [[nodiscard]] std::uint64_t inode() const;

  /// Whether the file has all of these bytes.
  [[nodiscard]] bool has(std::uint64_t offset, std::uint64_t size) const;

  /// Reads bytes of the file. \return false if they are not all there.
  bool read(std::uint64_t offset, void* into, std::size_t size) const;

  /// A path to this very file, as long as the object lives and whatever becomes of its name.
  [[nodiscard]] std::string lasting_path() const;

  /// The address, as linked, of the code at `offset` of the file; none if no code lies there.
  [[nodiscard]] std::optional<std::uint64_t> code_address(std::uint64_t offset) const;

  /// The start of the function around `address`, by the unwind table; `address` if it is not in it.
  [[nodiscard]] std::uint64_t function_start(std::uint64_t address) const;

 private:
  explicit elf_file(file_descriptor file) : file_{std::move(file)} {}

  bool read_segments();
  void read_function_starts();

  file_descriptor file_;
  std::vector<Elf64_Phdr> segments_;
  std::vector<std::uint64_t> function_starts_;  // ascending
};

}  // namespace loopscope::symbols
