#include <loopscope/heap_graph/snapshot_parser_impl.hpp>

#include <algorithm>

namespace loopscope::heap_graph {

namespace {

constexpr auto most_bytes = std::uint64_t{1} << 62;  // so that no sum of sizes overflows

std::uint32_t narrowed(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, none));
}

}  // namespace

// As many as the file can hold: each number takes a digit and a comma.
std::size_t snapshot_parser::capacity_for(std::optional<std::uint64_t> count,
                                          std::size_t columns) const {
  return std::min(count.value_or(0), file_bytes_ / (2 * columns));
}

void snapshot_parser::read_nodes() {
  auto const& fields = layout_.node_fields;
  auto const columns = fields.size();
  constexpr std::array<std::string_view, 6> names{"type",      "name",       "id",
                                                  "self_size", "edge_count", "trace_node_id"};
  for (std::size_t i = 0; i < names.size(); ++i)
    node_columns_[i] = fields.find(names[i]).value_or(columns);  // there stands a 0
  auto const expected = capacity_for(layout_.node_count, std::max<std::size_t>(columns, 1));
  out_.type.reserve(expected);
  out_.self_bytes.reserve(expected);
  for (auto* each : {&out_.name, &out_.id, &out_.trace}) each->reserve(expected);
  out_.first_edge.reserve(expected + 1);
  std::vector<std::uint64_t> row(columns + 1);
  in_.open('[');
  while (in_.row(std::span{row}.first(columns))) add_node(row);
  if (out_.size() != layout_.node_count.value_or(out_.size()))
    in_.fail("snapshot.node_count is not that of the nodes");
}

void snapshot_parser::add_node(std::span<std::uint64_t const> row) {
  auto const [type, name, id, self, edges, trace] = node_columns_;
  if (row[type] >= layout_.node_types.size()) in_.fail("a node is of an unknown type");
  if (row[name] >= most_strings) in_.fail("a name is not among the strings");
  if (row[id] >= none) in_.fail("the id of a node is too large");
  if (row[self] > most_bytes - self_bytes_) in_.fail("the sizes of the nodes are too large");
  if (row[edges] >= none) in_.fail("a node has too many edges");
  if (out_.size() >= none - 1) in_.fail("too many nodes");
  if (in_.failed()) return;
  self_bytes_ += row[self];
  out_.type.push_back(static_cast<std::uint8_t>(row[type]));
  out_.name.push_back(narrowed(row[name]));
  out_.id.push_back(narrowed(row[id]));
  out_.self_bytes.push_back(row[self]);
  out_.first_edge.push_back(narrowed(row[edges]));
  out_.trace.push_back(narrowed(row[trace]));
}

// Until here first_edge has the number of a node's edges.
void snapshot_parser::read_edges() {
  auto const& fields = layout_.edge_fields;
  edge_columns_ = {*fields.find("type"), *fields.find("name_or_index"), *fields.find("to_node")};
  for (auto const& type : layout_.edge_types)
    edge_kinds_.push_back(type == "weak"                          ? kept::never
                          : type == "shortcut"                    ? kept::of_root
                          : type == "element" || type == "hidden" ? kept::without_name
                                                                  : kept::with_name);
  auto const expected = capacity_for(layout_.edge_count, fields.size());
  if (parts_ != snapshot_parts::nodes) out_.edge_to.reserve(expected);
  if (parts_ == snapshot_parts::properties) out_.edge_property.reserve(expected);
  std::vector<std::uint64_t> row(fields.size());
  std::uint64_t total = 0;
  in_.open('[');
  for (std::uint32_t node = 0; node < out_.size() && !in_.failed(); ++node) {
    auto const count = out_.first_edge[node];
    out_.first_edge[node] = static_cast<std::uint32_t>(out_.edge_to.size());
    total += count;
    read_edges_of(node, count, row);
  }
  if (in_.row(row)) in_.fail("there are more edges than the nodes have");
  if (total != layout_.edge_count.value_or(total))
    in_.fail("snapshot.edge_count is not that of the edges");
  out_.first_edge.push_back(static_cast<std::uint32_t>(out_.edge_to.size()));
  if (parts_ == snapshot_parts::nodes) out_.first_edge = {};
}

void snapshot_parser::read_edges_of(std::uint32_t node, std::uint64_t count,
                                    std::span<std::uint64_t> row) {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!in_.row(row)) return in_.fail("there are fewer edges than the nodes have");
    add_edge(node, row);
  }
}

void snapshot_parser::add_edge(std::uint32_t owner, std::span<std::uint64_t const> row) {
  auto const [type, name, target] = edge_columns_;
  auto const columns = layout_.node_fields.size();
  if (row[type] >= edge_kinds_.size()) return in_.fail("an edge is of an unknown type");
  if (row[target] % columns != 0 || row[target] / columns >= out_.size())
    return in_.fail("an edge leads to no node");
  auto const kind = edge_kinds_[row[type]];
  if (kind == kept::never || parts_ == snapshot_parts::nodes) return;
  if (kind == kept::of_root && owner != layout_.root_index / columns) return;
  if (out_.edge_to.size() >= none - 1) return in_.fail("too many edges");
  out_.edge_to.push_back(narrowed(row[target] / columns));
  if (parts_ != snapshot_parts::properties) return;
  if (kind != kept::without_name && row[name] >= most_strings)
    return in_.fail("a name is not among the strings");
  out_.edge_property.push_back(kind == kept::without_name ? none : narrowed(row[name]));
}

}  // namespace loopscope::heap_graph
