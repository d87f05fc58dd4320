#pragma once

#include <loopscope/heap_graph/dominators.hpp>
#include <loopscope/heap_graph/number_lists_impl.hpp>

namespace loopscope::heap_graph {

/// The children of each node in the dominator tree. 8 bytes a node.
inline number_lists dominated_by(dominator_tree const& tree) {
  auto const nodes = static_cast<std::uint32_t>(tree.dominator.size());
  return make_lists(nodes, [&tree](auto const& add) {
    for (auto const node : tree.order)
      if (tree.dominator[node] != none) add(tree.dominator[node], node);
  });
}

}  // namespace loopscope::heap_graph
