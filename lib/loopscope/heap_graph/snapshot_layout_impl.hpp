#pragma once

#include <loopscope/heap_graph/json_scanner_impl.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::heap_graph {

/// The names of the columns of a table, in their order.
struct column_names {
  std::vector<std::string> names;

  [[nodiscard]] std::size_t size() const noexcept { return names.size(); }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;
};

/// What the member `snapshot` of a heap snapshot says of the others.
struct snapshot_layout {
  column_names node_fields;
  column_names edge_fields;
  column_names function_fields;  ///< empty where they are not told
  column_names trace_fields;     ///< likewise
  std::vector<std::string> node_types;
  std::vector<std::string> edge_types;
  std::optional<std::uint64_t> node_count;
  std::optional<std::uint64_t> edge_count;
  std::uint64_t root_index = 0;  ///< in the table of nodes
  std::string process;           ///< as heap_snapshot has it
};

/// Fails, in the scanner, where what is needed to read the tables is missing.
snapshot_layout read_layout(json_scanner& from);

}  // namespace loopscope::heap_graph
