#include <loopscope/heap_graph/trace_tree_impl.hpp>

#include <algorithm>
#include <array>

namespace loopscope::heap_graph {

namespace {

// What V8 has always written; the children, an array of such rows one behind the other, come last.
std::vector<std::string> const frame_columns{"id", "function_info_index", "count", "size",
                                             "children"};

std::uint32_t narrowed(json_scanner& from, std::uint64_t value) {
  if (value >= none) from.fail("an index or id in the allocation stacks is too large");
  return static_cast<std::uint32_t>(value);
}

}  // namespace

void trace_tree::read_functions(json_scanner& from, column_names const& columns) {
  auto const name = columns.find("name");
  auto const script = columns.find("script_name");
  auto const line = columns.find("line");
  std::vector<std::uint64_t> row(std::max<std::size_t>(columns.size(), 1));
  from.open('[');
  while (from.row(row)) {
    if (!name || !script || !line)
      return from.fail("snapshot.meta.trace_function_info_fields lacks some");
    functions_.push_back(
        {narrowed(from, row[*name]), narrowed(from, row[*script]), narrowed(from, row[*line])});
  }
}

// A frame's children begin behind it, and end with a bracket that leads back to its parent.
void trace_tree::read_frames(json_scanner& from, column_names const& columns) {
  auto at = none;
  from.open('[');
  while (!from.failed()) {
    std::array<std::uint64_t, 4> row{};
    if (from.row(row)) {
      if (frames_.empty() && columns.names != frame_columns)
        from.fail("snapshot.meta.trace_node_fields are unknown");
      auto const index = static_cast<std::uint32_t>(frames_.size());
      if (index >= none - 1) from.fail("too many allocation stacks");
      frames_.push_back({at, narrowed(from, row[1])});
      ids_.emplace_back(narrowed(from, row[0]), index);
      at = index;
      if (from.more(']'))
        from.open('[');
      else
        from.fail("an allocation stack lacks its children");
    } else if (at == none) {
      return;
    } else {
      at = frames_[at].parent;
    }
  }
}

bool trace_tree::move_to(heap_snapshot& to) {
  std::sort(ids_.begin(), ids_.end());
  for (auto& trace : to.trace) {
    auto const found = std::lower_bound(ids_.begin(), ids_.end(), std::pair{trace, 0U});
    trace = trace != 0 && found != ids_.end() && found->first == trace ? found->second : none;
  }
  ids_ = {};
  auto const functions = functions_.size();
  to.functions = std::move(functions_);
  to.traces = std::move(frames_);
  return std::all_of(to.traces.begin(), to.traces.end(),
                     [functions](auto const& frame) { return frame.function < functions; });
}

}  // namespace loopscope::heap_graph
