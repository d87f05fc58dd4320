#include "heap_json.hpp"

#include <loopscope/base/json_writer.hpp>

#include <cstddef>
#include <ostream>
#include <string>

namespace loopscope::tool {

namespace {

// An object with the members that are given, and with `rows`: `write_row` fills each of them.
template <typename Rows, typename Members, typename WriteRow>
void write_line(std::ostream& out, Rows const& rows, Members const& members,
                WriteRow const& write_row) {
  constexpr std::size_t piece = std::size_t{64} * 1024;
  std::string text;
  json_writer json{text};
  json.begin_object();
  members(json);
  json.key("rows").begin_array();
  for (auto const& row : rows) {
    json.begin_object();
    write_row(json, row);
    json.end_object();
    if (text.size() < piece) continue;
    out << text;
    text.clear();
  }
  json.end_array().end_object();
  out << text << '\n';
}

}  // namespace

void write_top_json(std::ostream& out, heap_graph::group_by by, object_sum all,
                    std::span<heap_graph::top_row const> rows) {
  auto const members = [&](json_writer& json) {
    json.member("by", to_text(by)).member("objects", all.count).member("bytes", all.bytes);
  };
  write_line(out, rows, members, [](json_writer& json, heap_graph::top_row const& row) {
    json.member("name", row.name)
        .member("objects", row.count)
        .member("selfBytes", row.self_bytes)
        .member("retainedBytes", row.retained_bytes);
  });
}

void write_diff_json(std::ostream& out, heap_graph::group_by by, object_sum came, object_sum went,
                     std::span<heap_graph::diff_row const> rows) {
  auto const members = [&](json_writer& json) {
    json.member("by", to_text(by)).member("came", came.count).member("went", went.count);
    json.member("cameBytes", came.bytes).member("wentBytes", went.bytes);
  };
  write_line(out, rows, members, [](json_writer& json, heap_graph::diff_row const& row) {
    json.member("name", row.name)
        .member("came", row.came)
        .member("went", row.went)
        .member("cameBytes", row.came_bytes)
        .member("wentBytes", row.went_bytes)
        .member("countDelta", row.count_delta())
        .member("bytesDelta", row.bytes_delta());
  });
}

void write_retainers_json(std::ostream& out, object_sum all,
                          std::span<heap_graph::retainer_row const> rows) {
  auto const members = [&](json_writer& json) {
    json.member("objects", all.count).member("bytes", all.bytes);
  };
  write_line(out, rows, members, [](json_writer& json, heap_graph::retainer_row const& row) {
    json.member("objects", row.count).member("bytes", row.self_bytes);
    json.key("path").begin_array();
    for (auto const& each : row.path) json.value(each);
    json.end_array();
  });
}

void write_dominators_json(std::ostream& out, heap_graph::heap_snapshot const& heap,
                           heap_graph::dominator_tree const& tree, object_sum unreached,
                           std::span<heap_graph::largest_row const> rows) {
  auto const all_bytes = tree.order.empty() ? 0 : tree.retained_bytes[heap.root];
  auto const members = [&](json_writer& json) {
    json.member("bytes", all_bytes);
    json.member("unreachedObjects", unreached.count).member("unreachedBytes", unreached.bytes);
  };
  write_line(out, rows, members, [&](json_writer& json, heap_graph::largest_row const& row) {
    auto const retained = tree.retained_bytes[row.node];
    json.member("id", heap.id[row.node])
        .member("name", heap.strings[heap.title_of(row.node)])
        .member("depth", row.depth)
        .member("dominator", heap.id[tree.dominator[row.node]])
        .member("selfBytes", heap.self_bytes[row.node])
        .member("retainedBytes", retained)
        .member("share", heap_graph::share_of(retained, all_bytes));
  });
}

}  // namespace loopscope::tool
