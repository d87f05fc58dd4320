#pragma once

#include <cstddef>
#include <string_view>
#include <unordered_map>

namespace loopscope::formats {

/// One number for each file; 0 is no file. The names have to outlive it.
class script_ids {
 public:
  std::size_t of(std::string_view file) {
    if (file.empty()) return 0;
    return known_.try_emplace(file, known_.size() + 1).first->second;
  }

 private:
  std::unordered_map<std::string_view, std::size_t> known_;
};

}  // namespace loopscope::formats
