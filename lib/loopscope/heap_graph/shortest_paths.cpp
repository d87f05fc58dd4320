#include <loopscope/heap_graph/shortest_paths.hpp>

namespace loopscope::heap_graph {

shortest_paths find_shortest_paths(heap_snapshot const& heap) {
  std::vector<std::uint32_t> const nothing(heap.size(), none);
  shortest_paths paths{{}, nothing, nothing, nothing};
  if (heap.size() == 0) return paths;
  paths.distance[heap.root] = 0;
  paths.order.push_back(heap.root);
  for (std::size_t i = 0; i < paths.order.size(); ++i) {
    auto const from = paths.order[i];
    auto edge = heap.first_edge.empty() ? 0 : heap.first_edge[from];
    for (auto const to : heap.edges_of(from)) {
      if (paths.distance[to] == none) {
        paths.distance[to] = paths.distance[from] + 1;
        paths.parent[to] = from;
        paths.edge[to] = edge;
        paths.order.push_back(to);
      }
      ++edge;
    }
  }
  return paths;
}

}  // namespace loopscope::heap_graph
