#pragma once

#include <loopscope/heap_graph/dominators.hpp>
#include <loopscope/heap_graph/groups.hpp>
#include <loopscope/heap_graph/heap_snapshot.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::heap_graph {

/// The objects of one name.
struct top_row {
  std::string name{};
  std::uint64_t count = 0;
  std::uint64_t self_bytes = 0;
  std::uint64_t retained_bytes = 0;  ///< of all of them together: none counts twice
};

/// All objects by name: the largest retained size first, then the largest self size.
/// O(nodes + names log names); 8 bytes a node.
std::vector<top_row> top(heap_snapshot const& heap, dominator_tree const& tree, group_by by);

}  // namespace loopscope::heap_graph
