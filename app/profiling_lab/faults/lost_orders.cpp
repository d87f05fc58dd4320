#include <profiling_lab/faults/lost_orders.hpp>

#include <memory>
#include <utility>

namespace lab {

namespace {

std::uintptr_t hide(lost_orders::order const* lost) {
  return ~reinterpret_cast<std::uintptr_t>(lost);
}

// Deletes them.
void free_hidden(std::vector<std::uintptr_t> const& hidden) {
  for (auto const each : hidden)
    // NOLINTNEXTLINE(performance-no-int-to-ptr): it was one
    std::default_delete<lost_orders::order>{}(reinterpret_cast<lost_orders::order*>(~each));
}

}  // namespace

lost_orders::~lost_orders() {
  free_hidden(hidden_);
}

fault_description const& lost_orders::description() const {
  static constexpr fault_description text{
      .name = "lost-pointer",
      .summary = "Objects whose only pointer was overwritten: nobody can free them any more",
      .look_for = "lab::lost_orders::order, below (Unreached: leaked or hidden)",
      .most = 100'000,
      .of_each = loopscope::bytes(650)};
  return text;
}

void lost_orders::leak(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): on purpose, until it is cleared
    hidden_.push_back(hide(std::make_unique<order>().release()));
}

std::function<void()> lost_orders::clear() {
  return [hidden = std::exchange(hidden_, {})] { free_hidden(hidden); };
}

}  // namespace lab
