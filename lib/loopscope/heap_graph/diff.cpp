#include <loopscope/heap_graph/diff.hpp>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace loopscope::heap_graph {

namespace {

std::vector<std::uint32_t> objects_by_id(heap_snapshot const& heap) {
  std::vector<std::uint32_t> objects;
  for (std::uint32_t node = 0; node < heap.size(); ++node)
    if (heap.is_object(node)) objects.push_back(node);
  std::sort(objects.begin(), objects.end(), [&heap](auto a, auto b) {
    return std::pair{heap.id[a], a} < std::pair{heap.id[b], b};
  });
  return objects;
}

// Those of `ours` whose id is not among `theirs`.
std::vector<std::uint32_t> only_in(heap_snapshot const& our_heap,
                                   std::vector<std::uint32_t> const& ours,
                                   heap_snapshot const& their_heap,
                                   std::vector<std::uint32_t> const& theirs) {
  std::vector<std::uint32_t> found;
  auto other = theirs.begin();
  for (auto const node : ours) {
    auto const id = our_heap.id[node];
    while (other != theirs.end() && their_heap.id[*other] < id) ++other;
    if (other == theirs.end() || their_heap.id[*other] != id) found.push_back(node);
  }
  return found;
}

}  // namespace

object_changes find_changes(heap_snapshot const& from, heap_snapshot const& to) {
  auto const before = objects_by_id(from);
  auto const after = objects_by_id(to);
  return {only_in(to, after, from, before), only_in(from, before, to, after)};
}

std::vector<diff_row> diff(heap_snapshot const& from, heap_snapshot const& to,
                           object_changes const& changes, group_by by) {
  std::unordered_map<std::string_view, diff_row> found;
  auto const before = group_objects(from, by);
  auto const after = group_objects(to, by);
  for (auto const node : changes.came) {
    auto& row = found[after.names[after.of[node]]];
    ++row.came;
    row.came_bytes += to.self_bytes[node];
  }
  for (auto const node : changes.went) {
    auto& row = found[before.names[before.of[node]]];
    ++row.went;
    row.went_bytes += from.self_bytes[node];
  }
  std::vector<diff_row> rows;
  for (auto& [name, row] : found) {
    row.name = name;
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](auto const& a, auto const& b) {
    if (a.bytes_delta() != b.bytes_delta()) return a.bytes_delta() > b.bytes_delta();
    if (a.count_delta() != b.count_delta()) return a.count_delta() > b.count_delta();
    return a.name < b.name;
  });
  return rows;
}

}  // namespace loopscope::heap_graph
