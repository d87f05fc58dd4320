#include "heap_json.hpp"

#include <loopscope/base/json_writer.hpp>

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>

namespace loopscope::tool {

namespace {

// One line of JSON, passed on in pieces.
class json_line {
 public:
  explicit json_line(std::ostream& to) : to_{to} { json_.begin_object(); }

  json_writer& json() { return json_; }

  // An array of objects: `write_row` fills each of them.
  template <typename Rows, typename WriteRow>
  void add_rows(std::string_view name, Rows const& rows, WriteRow const& write_row) {
    constexpr std::size_t piece = std::size_t{64} * 1024;
    json_.key(name).begin_array();
    for (auto const& row : rows) {
      json_.begin_object();
      write_row(json_, row);
      json_.end_object();
      if (text_.size() < piece) continue;
      to_ << text_;
      text_.clear();
    }
    json_.end_array();
  }

  void finish() {
    json_.end_object();
    to_ << text_ << '\n';
  }

 private:
  std::ostream& to_;
  std::string text_;
  json_writer json_{text_};
};

void write_diff_row(json_writer& json, heap_graph::diff_row const& row) {
  json.member("name", row.name)
      .member("came", row.came)
      .member("went", row.went)
      .member("cameBytes", row.came_bytes)
      .member("wentBytes", row.went_bytes)
      .member("countDelta", row.count_delta())
      .member("bytesDelta", row.bytes_delta());
}

}  // namespace

void write_top_json(std::ostream& out, heap_graph::group_by by, object_sum all,
                    std::span<heap_graph::top_row const> rows) {
  json_line line{out};
  line.json().member("by", to_text(by)).member("objects", all.count).member("bytes", all.bytes);
  line.add_rows("rows", rows, [](json_writer& json, heap_graph::top_row const& row) {
    json.member("name", row.name)
        .member("objects", row.count)
        .member("selfBytes", row.self_bytes)
        .member("retainedBytes", row.retained_bytes);
  });
  line.finish();
}

void write_diff_json(std::ostream& out, object_sum came, object_sum went,
                     std::span<heap_graph::diff_row const> types,
                     std::span<heap_graph::diff_row const> sites) {
  json_line line{out};
  line.json().member("came", came.count).member("went", went.count);
  line.json().member("cameBytes", came.bytes).member("wentBytes", went.bytes);
  line.add_rows("types", types, write_diff_row);
  line.add_rows("sites", sites, write_diff_row);
  line.finish();
}

void write_retainers_json(std::ostream& out, object_sum all,
                          std::span<heap_graph::retainer_row const> rows) {
  json_line line{out};
  line.json().member("objects", all.count).member("bytes", all.bytes);
  line.add_rows("rows", rows, [](json_writer& json, heap_graph::retainer_row const& row) {
    json.member("objects", row.count).member("bytes", row.self_bytes);
    json.key("path").begin_array();
    for (auto const& each : row.path) json.value(each);
    json.end_array();
  });
  line.finish();
}

void write_dominators_json(std::ostream& out, heap_graph::heap_snapshot const& heap,
                           heap_graph::dominator_tree const& tree, object_sum unreached,
                           std::span<heap_graph::largest_row const> rows) {
  auto const all_bytes = tree.order.empty() ? 0 : tree.retained_bytes[heap.root];
  json_line line{out};
  line.json().member("bytes", all_bytes);
  line.json().member("unreachedObjects", unreached.count).member("unreachedBytes", unreached.bytes);
  line.add_rows("rows", rows, [&](json_writer& json, heap_graph::largest_row const& row) {
    auto const retained = tree.retained_bytes[row.node];
    json.member("id", heap.id[row.node])
        .member("name", heap.strings[heap.title_of(row.node)])
        .member("depth", row.depth)
        .member("dominator", heap.id[tree.dominator[row.node]])
        .member("selfBytes", heap.self_bytes[row.node])
        .member("retainedBytes", retained)
        .member("share", heap_graph::share_of(retained, all_bytes));
  });
  line.finish();
}

}  // namespace loopscope::tool
