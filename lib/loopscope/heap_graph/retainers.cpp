#include <loopscope/heap_graph/retainer_steps_impl.hpp>
#include <loopscope/heap_graph/retainers.hpp>
#include <loopscope/heap_graph/shortest_paths.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace loopscope::heap_graph {

namespace {

using path_of_object = std::pair<std::uint32_t, std::uint32_t>;  // a path, an object

struct path_sum {
  std::uint32_t path = none;
  std::uint64_t count = 0;
  std::uint64_t self_bytes = 0;
};

// Which nodes are reached through which, in the tree of the shortest paths: an interval for each.
class reached_through {
 public:
  explicit reached_through(shortest_paths const& paths)
      : begin_(paths.parent.size()), size_(paths.parent.size()) {
    auto const& order = paths.order;
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      ++size_[*at];
      if (paths.parent[*at] != none) size_[paths.parent[*at]] += size_[*at];
    }
    // A node comes behind its parent, so the parent's begin, moved on, is where it begins.
    auto next = begin_;
    for (auto const node : order) {
      auto const parent = paths.parent[node];
      if (parent != none) begin_[node] = std::exchange(next[parent], next[parent] + size_[node]);
      next[node] = begin_[node] + 1;
    }
  }

  // Both are reached.
  [[nodiscard]] bool operator()(std::uint32_t node, std::uint32_t through) const {
    return begin_[node] - begin_[through] < size_[through];  // without a sign
  }

 private:
  std::vector<std::uint32_t> begin_;
  std::vector<std::uint32_t> size_;
};

std::vector<path_of_object> paths_to(heap_snapshot const& heap, std::vector<bool> const& is_wanted,
                                     shortest_paths const& paths, retainer_steps& steps) {
  reached_through const is_reached{paths};
  std::vector<path_of_object> found;
  for (auto const from : paths.order) {
    auto edge = heap.first_edge.empty() ? 0 : heap.first_edge[from];
    for (auto const to : heap.edges_of(from)) {
      if (is_wanted[to] && !is_reached(from, to))
        found.emplace_back(steps.path_from(from, edge), to);
      ++edge;
    }
  }
  return found;
}

// \param of  by path.
std::vector<path_sum> sums_of(std::vector<path_of_object> const& of, heap_snapshot const& heap) {
  std::vector<path_sum> sums;
  for (auto const& [path, object] : of) {
    if (sums.empty() || path != sums.back().path) sums.push_back({path});
    ++sums.back().count;
    sums.back().self_bytes += heap.self_bytes[object];
  }
  std::sort(sums.begin(), sums.end(), [](path_sum const& a, path_sum const& b) {
    return std::tie(b.self_bytes, b.count, a.path) < std::tie(a.self_bytes, a.count, b.path);
  });
  return sums;
}

}  // namespace

std::vector<std::uint32_t> objects_of_type(heap_snapshot const& heap, std::string_view name) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t node = 0; node < heap.size(); ++node)
    if (heap.is_object(node) && heap.strings[heap.class_of(node)] == name) found.push_back(node);
  return found;
}

std::vector<std::uint32_t> objects_with_id(heap_snapshot const& heap, std::uint32_t id) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t node = 0; node < heap.size(); ++node)
    if (heap.id[node] == id) found.push_back(node);
  return found;
}

retainer_rows find_retainers(heap_snapshot const& heap, std::vector<std::uint32_t> const& objects,
                             std::size_t limit) {
  auto const paths = find_shortest_paths(heap);
  retainer_steps steps{heap, paths};
  std::vector<bool> is_wanted(heap.size());
  for (auto const object : objects) is_wanted[object] = true;
  auto found = paths_to(heap, is_wanted, paths, steps);
  for (auto const object : objects)
    if (paths.parent[object] == none) found.emplace_back(none, object);  // the last path
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  auto sums = sums_of(found, heap);
  retainer_rows shown{{}, sums.size()};
  if (limit != 0 && limit < sums.size()) sums.resize(limit);
  for (auto const& each : sums)
    shown.rows.push_back({steps.texts(each.path), each.count, each.self_bytes});
  return shown;
}

}  // namespace loopscope::heap_graph
