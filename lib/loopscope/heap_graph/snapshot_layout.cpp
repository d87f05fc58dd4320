#include <loopscope/heap_graph/snapshot_layout_impl.hpp>

#include <algorithm>
#include <array>

namespace loopscope::heap_graph {

namespace {

constexpr std::size_t most_columns = 32;
constexpr std::size_t most_types = 255;

std::vector<std::string> read_names(json_scanner& from, std::size_t most) {
  std::vector<std::string> names;
  from.open('[');
  while (from.more(']')) {
    from.text(names.emplace_back());
    if (names.size() > most) from.fail("too many fields or types");
  }
  return names;
}

// The types of the columns: for the one that is an enumeration, its values.
std::vector<std::string> read_types(json_scanner& from) {
  std::vector<std::string> types;
  from.open('[');
  while (from.more(']')) {
    if (from.is_next('['))
      types = read_names(from, most_types);
    else
      from.skip_value();
  }
  return types;
}

void read_meta(json_scanner& from, snapshot_layout& to) {
  from.open('{');
  while (from.more('}')) {
    auto const key = from.key();
    if (key == "node_fields")
      to.node_fields.names = read_names(from, most_columns);
    else if (key == "edge_fields")
      to.edge_fields.names = read_names(from, most_columns);
    else if (key == "trace_function_info_fields")
      to.function_fields.names = read_names(from, most_columns);
    else if (key == "trace_node_fields")
      to.trace_fields.names = read_names(from, most_columns);
    else if (key == "node_types")
      to.node_types = read_types(from);
    else if (key == "edge_types")
      to.edge_types = read_types(from);
    else
      from.skip_value();
  }
}

template <std::size_t Size>
bool has_all(column_names const& columns, std::array<std::string_view, Size> const& needed) {
  return std::all_of(needed.begin(), needed.end(),
                     [&columns](auto name) { return columns.find(name).has_value(); });
}

void check(snapshot_layout const& layout, json_scanner& from) {
  constexpr std::array<std::string_view, 5> of_nodes{"type", "name", "id", "self_size",
                                                     "edge_count"};
  constexpr std::array<std::string_view, 3> of_edges{"type", "name_or_index", "to_node"};
  if (!has_all(layout.node_fields, of_nodes)) from.fail("snapshot.meta.node_fields lacks some");
  if (!has_all(layout.edge_fields, of_edges)) from.fail("snapshot.meta.edge_fields lacks some");
  if (layout.node_types.empty()) from.fail("snapshot.meta.node_types are missing");
  if (layout.edge_types.empty()) from.fail("snapshot.meta.edge_types are missing");
}

}  // namespace

std::optional<std::size_t> column_names::find(std::string_view name) const {
  auto const found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

snapshot_layout read_layout(json_scanner& from) {
  snapshot_layout layout;
  from.open('{');
  while (from.more('}')) {
    auto const key = from.key();
    if (key == "meta")
      read_meta(from, layout);
    else if (key == "node_count")
      layout.node_count = from.natural();
    else if (key == "edge_count")
      layout.edge_count = from.natural();
    else if (key == "root_index")
      layout.root_index = from.natural();
    else if (key == "process" && from.is_next('"'))
      from.text(layout.process);
    else
      from.skip_value();
  }
  check(layout, from);
  return layout;
}

}  // namespace loopscope::heap_graph
