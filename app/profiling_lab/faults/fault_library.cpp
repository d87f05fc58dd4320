#include <profiling_lab/faults/fault_library.hpp>
#include <profiling_lab/faults/lost_orders.hpp>
#include <profiling_lab/faults/request_log.hpp>
#include <profiling_lab/faults/response_cache.hpp>
#include <profiling_lab/faults/subscriptions.hpp>

#include <algorithm>

namespace lab {

fault_library::fault_library() {
  all_.reserve(4);
  all_.push_back(std::make_unique<response_cache>());
  all_.push_back(std::make_unique<subscriptions>());
  all_.push_back(std::make_unique<request_log>());
  all_.push_back(std::make_unique<lost_orders>());
}

fault* fault_library::find(std::string_view name) const {
  auto const is_it = [&](auto const& each) { return each->description().name == name; };
  auto const found = std::find_if(all_.begin(), all_.end(), is_it);
  return found == all_.end() ? nullptr : found->get();
}

std::function<void()> fault_library::clear() {
  std::vector<std::function<void()>> frees;
  frees.reserve(all_.size());
  for (auto const& each : all_) frees.push_back(each->clear());
  return [frees] {
    for (auto const& each : frees) each();
  };
}

}  // namespace lab
