#include <loopscope/capture/kept_files.hpp>

#include <fcntl.h>

namespace loopscope::capture {

void kept_files::update(std::span<model::mapping const> maps) {
  std::map<identity, file_descriptor> now;
  for (auto const& each : maps) {
    if (!each.executable || each.inode == 0) continue;
    identity const which{each.device, each.inode};
    if (now.contains(which)) continue;
    if (auto const kept = files_.find(which); kept != files_.end()) {
      now.emplace(which, std::move(kept->second));
      continue;
    }
    // The path alone: nothing happens to a device or a FIFO, and the file need not be readable yet.
    file_descriptor file{open(each.path.c_str(), O_PATH | O_CLOEXEC)};
    if (file) now.emplace(which, std::move(file));
  }
  files_ = std::move(now);
}

}  // namespace loopscope::capture
