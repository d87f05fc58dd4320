#include <profiling_lab/faults/response_cache.hpp>

#include <functional>
#include <utility>

namespace lab {

namespace {

constexpr std::size_t body_size = 1024;

}  // namespace

fault_description const& response_cache::description() const {
  static constexpr fault_description text{
      .name = "unbounded-cache",
      .summary = "A cache of responses, keyed by user and route, that never forgets one",
      .look_for = "lab::response_cache::key in hash nodes, below ResponseCache.entries",
      .most = 100'000,
      .of_each = loopscope::bytes(1600)};
  return text;
}

std::size_t response_cache::hash::operator()(key const& of) const noexcept {
  return std::hash<std::string>{}(of.user) * 31 + std::hash<std::string>{}(of.route);
}

void response_cache::leak(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    key who{"user-" + std::to_string(next_user_++) + "@example.com", "/api/recommendations"};
    cached_response response{200,
                             {"content-type: application/json", "cache-control: max-age=3600"},
                             std::string(body_size, '.')};
    entries_.emplace(std::move(who), std::move(response));
  }
}

std::function<void()> response_cache::clear() {
  return freed_later(std::exchange(entries_, {}));
}

}  // namespace lab
