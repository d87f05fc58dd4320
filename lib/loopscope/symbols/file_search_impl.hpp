#pragma once

#include <loopscope/model/memory_map.hpp>
#include <loopscope/symbols/elf_file_impl.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace loopscope::symbols {

/// Which file was mapped, as far as the capture tells.
struct file_identity {
  std::string build_id;     ///< hexadecimal, empty: none, or not recorded
  std::uint64_t inode = 0;  ///< for a file without a build id; 0: unknown

  /// A build id decides alone: a copy of the file is as good. If nothing is known, any file will
  /// do.
  [[nodiscard]] bool matches(elf_file const& file) const;
};

/// Looks for the one file of an identity. No other file is ever taken for it.
struct file_search {
  file_identity wanted;
  std::optional<elf_file> found{};
  bool saw_another = false;  ///< a file was where the wanted one should be

  /// \return whether it is found, here or before.
  bool try_path(std::string const& path);
};

/// The path of a mapped file, without the kernel's mark.
std::string_view without_deleted_mark(std::string_view path);

/// Where in /proc a file is that a live process has mapped, after it was replaced or deleted: its
/// map_files, which takes a privilege, and the descriptors that it keeps of the file.
/// \param process  may be gone, or another one by now.
std::vector<std::string> live_paths(pid_t process, model::mapping const& where);

}  // namespace loopscope::symbols
