#pragma once

#include <loopscope/heap_graph/dominators.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace loopscope::heap_graph {

/// A node of the dominator tree.
struct largest_row {
  std::uint32_t node;
  std::uint32_t depth;  ///< from 1: those that only the root dominates
};

/// The nodes that retain most, without the root, in the order of the tree: a node behind its
/// dominator, the larger one first. What dominates one of them is among them.
/// \param depth  0: all of it.
/// \param limit  of nodes; 0: none.
/// O(nodes log nodes); up to 24 bytes a node.
std::vector<largest_row> largest(dominator_tree const& tree, std::uint32_t depth,
                                 std::size_t limit);

}  // namespace loopscope::heap_graph
