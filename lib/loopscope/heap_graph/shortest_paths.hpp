#pragma once

#include <loopscope/heap_graph/heap_snapshot.hpp>

#include <cstdint>
#include <vector>

namespace loopscope::heap_graph {

/// How each node is reached from the root over the fewest edges. Memory: 12 bytes a node, 4 more
/// for those that are reached.
struct shortest_paths {
  std::vector<std::uint32_t> order;     ///< the nodes that are reached, the nearest first
  std::vector<std::uint32_t> distance;  ///< by node: edges from the root; none: not reached
  std::vector<std::uint32_t> parent;  ///< by node: the one before it; none: the root, or unreached
  std::vector<std::uint32_t> edge;    ///< by node: the edge from there, else none
};

/// Breadth first: O(nodes + edges). \param heap  with edges. \thread worker
shortest_paths find_shortest_paths(heap_snapshot const& heap);

}  // namespace loopscope::heap_graph
