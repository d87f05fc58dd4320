#pragma once

#include <loopscope/heap_graph/json_scanner_impl.hpp>
#include <loopscope/heap_graph/read_snapshot.hpp>
#include <loopscope/heap_graph/snapshot_layout_impl.hpp>
#include <loopscope/heap_graph/trace_tree_impl.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace loopscope::heap_graph {

/// Reads one snapshot, from its first byte to its last.
class snapshot_parser {
 public:
  /// \param source  borrowed. As read_snapshot() has it.
  snapshot_parser(byte_source const& source, std::uint64_t size, snapshot_parts wanted);

  /// Once.
  read_result parse();

 private:
  /// What becomes of edges of a type.
  enum class kept : std::uint8_t { never, of_root, without_name, with_name };

  static constexpr std::uint64_t most_strings = std::uint64_t{1} << 28;

  // snapshot_parser.cpp: the members, and what they have to do with each other.
  bool is_in_order(std::string const& key);
  void read_member(std::string const& key);
  void read_strings();
  std::vector<bool> wanted_strings();
  void check_root();

  // snapshot_tables.cpp: the long ones.
  void read_nodes();
  void add_node(std::span<std::uint64_t const> row);
  void read_edges();
  void read_edges_of(std::uint32_t node, std::uint64_t count, std::span<std::uint64_t> row);
  void add_edge(std::uint32_t owner, std::span<std::uint64_t const> row);
  [[nodiscard]] std::size_t capacity_for(std::optional<std::uint64_t> count,
                                         std::size_t columns) const;

  json_scanner in_;
  std::uint64_t file_bytes_;
  snapshot_parts parts_;
  snapshot_layout layout_;
  std::array<std::size_t, 6> node_columns_{};  // of what a node keeps
  std::array<std::size_t, 3> edge_columns_{};  // of type, name and target
  std::vector<kept> edge_kinds_;               // by edge type
  std::set<std::string, std::less<>> seen_;    // members
  std::uint64_t self_bytes_ = 0;               // of all nodes
  trace_tree traces_;
  heap_snapshot out_;
};

}  // namespace loopscope::heap_graph
