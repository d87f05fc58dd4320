#include <loopscope/formats/heap_capture.hpp>

#include <cmath>

namespace loopscope::formats {

namespace {

std::uint64_t rounded(double number) {
  return static_cast<std::uint64_t>(std::llround(number));
}

struct estimate {
  double objects = 0;
  double bytes = 0;
};

}  // namespace

std::vector<stack_totals> totals_by_stack(model::heap_sections const& raw) {
  auto const& heap = raw.heap;
  std::vector<stack_totals> all(heap.stacks.size() + 1);
  model::for_each_record<model::raw_heap_node>(raw.nodes, [&](model::raw_heap_node const& each) {
    ++all[each.stack].live_objects;
    all[each.stack].live_bytes += each.size;
  });
  std::vector<estimate> sampled(all.size());
  for (auto const& each : heap.samples) {
    sampled[each.stack].objects += each.weight;
    sampled[each.stack].bytes += each.weight * static_cast<double>(each.size);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].live_objects += rounded(sampled[i].objects);
    all[i].live_bytes += rounded(sampled[i].bytes);
    if (i == 0 || heap.sampled) continue;
    all[i].objects = heap.stacks[i - 1].objects;
    all[i].bytes = heap.stacks[i - 1].bytes;
  }
  return all;
}

bool is_typed(model::symbolized_heap const& names, std::uint32_t type, std::uint32_t stack) {
  return (type != 0 && !names.types[type - 1].empty()) || !names.sites[stack].type.empty();
}

std::string const& name_of(model::symbolized_heap const& names, std::uint32_t type,
                           std::uint32_t stack) {
  if (type != 0 && !names.types[type - 1].empty()) return names.types[type - 1];
  auto const& site = names.sites[stack];
  return site.type.empty() ? site.name : site.type;
}

}  // namespace loopscope::formats
