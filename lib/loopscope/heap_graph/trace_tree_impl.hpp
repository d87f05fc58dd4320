#pragma once

#include <loopscope/heap_graph/heap_snapshot.hpp>
#include <loopscope/heap_graph/json_scanner_impl.hpp>
#include <loopscope/heap_graph/snapshot_layout_impl.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace loopscope::heap_graph {

/// Reads the allocation stacks of a snapshot, 20 bytes for each of their frames.
class trace_tree {
 public:
  /// The member `trace_function_infos`.
  void read_functions(json_scanner& from, column_names const& columns);

  /// The member `trace_tree`.
  void read_frames(json_scanner& from, column_names const& columns);

  [[nodiscard]] std::vector<trace_function> const& functions() const noexcept { return functions_; }

  /// Gives frames and functions to a snapshot whose nodes have ids of frames, and indices instead
  /// to these. What names no frame has none. \return whether the frames' functions are there.
  bool move_to(heap_snapshot& to);

 private:
  std::vector<trace_function> functions_;
  std::vector<trace_node> frames_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ids_;  // and the index of the frame
};

}  // namespace loopscope::heap_graph
