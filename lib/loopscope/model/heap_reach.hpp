#pragma once

#include <loopscope/model/raw_heap.hpp>

#include <cstdint>
#include <vector>

namespace loopscope::model {

/// Which blocks roots lead to, and which they do not.
struct heap_reach {
  /// Nodes that no root leads to, and that lead to all the others of that kind: heads of lost
  /// structures. Ascending.
  std::vector<std::uint32_t> heads;
  std::uint64_t unreached = 0;        ///< nodes that no root leads to
  std::uint64_t unreached_bytes = 0;  ///< of them
  /// By node: whether a registered root leads to it.
  std::vector<bool> is_registered;
};

/// O(nodes + edges), with 9 to 13 bytes a node and 4 an edge.
heap_reach reach_of(heap_sections const& heap);

}  // namespace loopscope::model
