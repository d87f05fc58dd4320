#include <profiling_lab/faults/subscriptions.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace lab {

namespace {

using price_listener = std::function<void(int)>;

// Static, as such lists are: it lives as long as the process.
std::vector<price_listener> price_listeners;

}  // namespace

fault_description const& subscriptions::description() const {
  static constexpr fault_description text{
      .name = "listener-growth",
      .summary = "Callbacks that a list keeps after their page has gone, with all that they hold",
      .look_for = "lab::subscriptions::page_view, below lab::price_listeners in static storage",
      .most = 100'000,
      .of_each = loopscope::bytes(2300)};
  return text;
}

std::size_t subscriptions::objects() const {
  return price_listeners.size();
}

void subscriptions::leak(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    auto view = std::make_shared<page_view>();
    view->user = "user-" + std::to_string(price_listeners.size());
    view->rendered.fill(std::byte{1});
    price_listeners.emplace_back(
        [view](int price) { view->rendered.front() = static_cast<std::byte>(price); });
  }
}

std::function<void()> subscriptions::clear() {
  return freed_later(std::exchange(price_listeners, {}));
}

}  // namespace lab
