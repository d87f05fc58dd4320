#pragma once

#include <loopscope/heap_graph/heap_snapshot.hpp>

#include <cstdint>
#include <vector>

namespace loopscope::heap_graph {

/// Which nodes each node holds alone: all that would be freed with it. Memory: 16 bytes a node.
struct dominator_tree {
  /// The nodes that are reached; a node after its dominator.
  std::vector<std::uint32_t> order;
  /// By node: the nearest one that all paths from the root to it go through; none: the root, or not
  /// reached.
  std::vector<std::uint32_t> dominator;
  /// By node: of itself and all that it dominates; of one that is not reached, its own.
  std::vector<std::uint64_t> retained_bytes;

  [[nodiscard]] bool is_reached(std::uint32_t node) const {
    return dominator[node] != none || (!order.empty() && order.front() == node);
  }
};

/// A part of all bytes, from 0 to 1; 0 of nothing.
constexpr double share_of(std::uint64_t bytes, std::uint64_t all_bytes) {
  return all_bytes == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(all_bytes);
}

/// The dominators by Lengauer and Tarjan's simple algorithm: O(e log n), no recursion. While it
/// runs it takes 44 bytes a node and 4 an edge.
/// \param heap  with edges. \thread worker
/// Source: Lengauer, Tarjan: A Fast Algorithm for Finding Dominators in a Flowgraph, TOPLAS 1979.
dominator_tree find_dominators(heap_snapshot const& heap);

}  // namespace loopscope::heap_graph
