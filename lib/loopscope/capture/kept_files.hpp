#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/model/memory_map.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>

namespace loopscope::capture {

/// Keeps the files open whose code this process has mapped, so that the encoder finds them through
/// /proc after they were replaced or deleted; it may lack the privilege to use /proc/PID/map_files.
/// Takes a descriptor for each file, and no room on the disk that the mapping does not take
/// already. \thread any, one at a time
class kept_files {
 public:
  /// Opens what is mapped and not kept yet, and closes what is mapped no more. A file that cannot
  /// be opened is left out. \param maps  of this process, as from `parse_maps`.
  void update(std::span<model::mapping const> maps);

  [[nodiscard]] std::size_t size() const noexcept { return files_.size(); }

 private:
  using identity = std::pair<std::string, std::uint64_t>;  // device and inode

  std::map<identity, file_descriptor> files_;
};

}  // namespace loopscope::capture
