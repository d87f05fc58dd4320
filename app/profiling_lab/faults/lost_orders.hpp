#pragma once

#include <profiling_lab/faults/fault.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lab {

/// Objects whose only pointer is gone: what `new` gave was never deleted.
///
/// The lab still has to free them one day. It keeps their addresses with all bits turned, which is
/// no pointer for a scan of the heap, and so nothing leads to them.
class lost_orders final : public fault {
 public:
  struct order {
    virtual ~order() = default;
    std::string customer = "a customer whose name takes a block of its own";
    std::array<std::uint64_t, 64> items{};
  };

  lost_orders() = default;
  ~lost_orders() override;
  lost_orders(lost_orders const&) = delete;
  lost_orders& operator=(lost_orders const&) = delete;

  [[nodiscard]] fault_description const& description() const override;
  [[nodiscard]] std::size_t objects() const override { return hidden_.size(); }
  void leak(std::size_t count) override;
  std::function<void()> clear() override;

 private:
  std::vector<std::uintptr_t> hidden_;
};

}  // namespace lab
