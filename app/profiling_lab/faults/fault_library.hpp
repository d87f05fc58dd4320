#pragma once

#include <profiling_lab/faults/fault.hpp>

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace lab {

/// All faults of the lab but those with endpoints of their own. \thread loop
class fault_library {
 public:
  fault_library();

  [[nodiscard]] std::vector<std::unique_ptr<fault>> const& all() const noexcept { return all_; }

  /// The fault of this name, or null.
  [[nodiscard]] fault* find(std::string_view name) const;

  /// Clears every fault. \return what frees the objects, to be called where that may take time.
  std::function<void()> clear();

 private:
  std::vector<std::unique_ptr<fault>> all_;
};

}  // namespace lab
