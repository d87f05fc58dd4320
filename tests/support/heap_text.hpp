#pragma once

#include <loopscope/heap_graph/read_snapshot.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loopscope::test {

/// A heap to be written as a `.heapsnapshot`, by hand. Node 0 is the root.
struct heap_text {
  struct edge {
    std::uint32_t from;
    std::uint32_t to;
    std::string type = "internal";
    std::string property{};  // of one with a name
  };
  struct node {
    std::string name;
    std::uint64_t self_bytes = 1;
    std::string type = "native";
    std::uint32_t id = 0;  // 0: 2 * index + 1
    std::uint32_t trace = 0;
  };

  std::vector<node> nodes{};
  std::vector<edge> edges{};
  std::string functions{}, traces{};  // members of trace_function_infos, of trace_tree
  std::vector<std::string> strings{};
  std::string process{};  // a JSON value; empty: none

  [[nodiscard]] std::string json() const;
};

inline constexpr std::string_view heap_meta =
    R"({"node_fields":["type","name","id","self_size","edge_count","trace_node_id",)"
    R"("detachedness"],)"
    R"("node_types":[["hidden","array","string","object","code","closure","regexp","number",)"
    R"("native","synthetic"],"string","number","number","number","number","number"],)"
    R"("edge_fields":["type","name_or_index","to_node"],)"
    R"("edge_types":[["context","element","property","internal","hidden","shortcut","weak"],)"
    R"("string_or_number","node"],)"
    R"("trace_function_info_fields":["function_id","name","script_name","script_id","line",)"
    R"("column"],)"
    R"("trace_node_fields":["id","function_info_index","count","size","children"]})";

inline std::size_t place_in(std::vector<std::string> const& all, std::string const& text) {
  return static_cast<std::size_t>(std::find(all.begin(), all.end(), text) - all.begin());
}

inline std::size_t place_or_add(std::vector<std::string>& all, std::string const& text) {
  auto const place = place_in(all, text);
  if (place == all.size()) all.push_back(text);
  return place;
}

inline std::string heap_text::json() const {
  auto all_strings = strings;
  using names = std::vector<std::string>;
  names const node_types{"hidden",  "array",  "string", "object", "code",
                         "closure", "regexp", "number", "native", "synthetic"};
  names const edge_types{"context", "element",  "property", "internal",
                         "hidden",  "shortcut", "weak"};
  std::string of_nodes, of_edges;
  auto const add = [](std::string& to, std::initializer_list<std::uint64_t> row) {
    for (auto const each : row) to += (to.empty() ? "" : ",") + std::to_string(each);
  };
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    auto const& each = nodes[i];
    std::uint64_t count = 0;
    for (auto const& to : edges) {
      if (to.from != i) continue;
      ++count;
      auto const indexed = to.type == "element" || to.type == "hidden";
      add(of_edges,
          {place_in(edge_types, to.type),
           indexed ? 999'999 : place_or_add(all_strings, to.property), std::uint64_t{to.to} * 7});
    }
    add(of_nodes, {place_in(node_types, each.type), place_or_add(all_strings, each.name),
                   each.id != 0 ? each.id : 2 * i + 1, each.self_bytes, count, each.trace, 0});
  }
  std::string texts;
  for (auto const& each : all_strings) texts += (texts.empty() ? "\"" : ",\"") + each + "\"";
  auto const of_process = process.empty() ? "" : R"("process":)" + process + ",";
  return R"({"snapshot":{)" + of_process + R"("meta":)" + std::string{heap_meta} +
         R"(,"node_count":)" + std::to_string(nodes.size()) + R"(,"edge_count":)" +
         std::to_string(edges.size()) + R"(,"trace_function_count":0},"nodes":[)" + of_nodes +
         R"(],"edges":[)" + of_edges + R"(],"trace_function_infos":[)" + functions +
         R"(],"trace_tree":[)" + traces + R"(],"samples":[],"locations":[0,1,2,3],"strings":[)" +
         texts + "]}\n";
}

/// As it comes from a file, a few bytes at a time.
inline heap_graph::read_result read_heap(
    std::string_view text,
    heap_graph::snapshot_parts wanted = heap_graph::snapshot_parts::properties,
    std::size_t piece = 7) {
  auto const source = [rest = text, piece](std::span<char> to) mutable {
    auto const got = rest.copy(to.data(), std::min(to.size(), piece));
    rest.remove_prefix(got);
    return got;
  };
  return heap_graph::read_snapshot(source, 0, wanted);
}

/// The same of one that is sound.
inline heap_graph::heap_snapshot heap_from(
    heap_text const& text,
    heap_graph::snapshot_parts wanted = heap_graph::snapshot_parts::properties) {
  auto read = read_heap(text.json(), wanted);
  if (!read) throw std::runtime_error{read.error().reason};
  return std::move(*read);
}

/// Which nodes are reached from the root without one of them; none: without leaving one out.
inline std::vector<bool> reached_without(heap_graph::heap_snapshot const& heap,
                                         std::uint32_t left_out) {
  std::vector<bool> reached(heap.size());
  std::vector<std::uint32_t> open;
  auto const enter = [&](std::uint32_t node) {
    if (node == left_out || reached[node]) return;
    reached[node] = true;
    open.push_back(node);
  };
  if (heap.size() != 0) enter(heap.root);
  while (!open.empty()) {
    auto const node = open.back();
    open.pop_back();
    for (auto const to : heap.edges_of(node)) enter(to);
  }
  return reached;
}

/// What a node retains by definition: what is not reached without it. O(nodes + edges).
inline std::uint64_t retained_by_definition(heap_graph::heap_snapshot const& heap,
                                            std::uint32_t node) {
  auto const all = reached_without(heap, heap_graph::none);
  if (!all[node]) return heap.self_bytes[node];
  auto const rest = reached_without(heap, node);
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < heap.size(); ++i)
    if (all[i] && !rest[i]) sum += heap.self_bytes[i];
  return sum;
}

}  // namespace loopscope::test
