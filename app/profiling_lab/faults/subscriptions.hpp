#pragma once

#include <profiling_lab/faults/fault.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <string>

namespace lab {

/// Listeners that are added with every page view and never removed: a static list of callbacks
/// keeps the views alive. There is one list in the process.
class subscriptions final : public fault {
 public:
  /// What a callback holds.
  struct page_view {
    std::string user;
    std::array<std::byte, 2048> rendered;
  };

  [[nodiscard]] fault_description const& description() const override;
  [[nodiscard]] std::size_t objects() const override;
  void leak(std::size_t count) override;
  std::function<void()> clear() override;
};

}  // namespace lab
