#include "support/catch.hpp"
#include "support/heap_text.hpp"

#include <loopscope/heap_graph/diff.hpp>

#include <sstream>

using namespace loopscope;
using heap_graph::group_by;

namespace {

struct two_heaps {
  heap_graph::heap_snapshot from;
  heap_graph::heap_snapshot to;
  heap_graph::object_changes changes = heap_graph::find_changes(from, to);

  two_heaps(test::heap_text const& before, test::heap_text const& after)
      : from{test::heap_from(before, heap_graph::snapshot_parts::nodes)},
        to{test::heap_from(after, heap_graph::snapshot_parts::nodes)} {}

  [[nodiscard]] std::vector<std::tuple<std::string, std::int64_t, std::int64_t>> rows(
      group_by by = group_by::type) const {
    std::vector<std::tuple<std::string, std::int64_t, std::int64_t>> found;
    for (auto const& row : heap_graph::diff(from, to, changes, by))
      found.emplace_back(row.name, row.count_delta(), row.bytes_delta());
    return found;
  }

  [[nodiscard]] std::string folded() const {
    std::ostringstream out;
    heap_graph::write_folded_growth(out, from, to, changes);
    return out.str();
  }
};

using rows = std::vector<std::tuple<std::string, std::int64_t, std::int64_t>>;

}  // namespace

TEST_CASE("A difference of heaps", "[heap_graph]") {
  SECTION("is in the ids alone: not in order, size, or what is no object") {
    two_heaps const same{{{{"", 0, "synthetic", 1}, {"a", 1, "native", 5}, {"b", 1, "native", 7}}},
                         {{{"", 0, "synthetic", 3}, {"b", 9, "native", 7}, {"a", 1, "native", 5}}}};

    CHECK(same.rows().empty());
    CHECK(same.folded().empty());
  }

  SECTION("has what came and went by name, the largest growth first") {
    two_heaps const heaps{
        {{{"same", 1, "native", 1}, {"old", 9, "native", 3}, {"mixed", 4, "native", 5}}},
        {{{"new", 2, "native", 11},
          {"same", 1, "native", 1},
          {"mixed", 1, "native", 13},
          {"mixed", 4, "native", 15},
          {"new", 3, "native", 17}}}};

    CHECK(heaps.rows() == rows{{"new", 2, 5}, {"mixed", 1, 1}, {"old", -1, -9}});
    auto const mixed = heap_graph::diff(heaps.from, heaps.to, heaps.changes, group_by::type)[1];
    CHECK(std::tuple(mixed.came, mixed.went, mixed.came_bytes, mixed.went_bytes) ==
          std::tuple(2, 1, 5, 4));
  }

  SECTION("with nothing is everything") {
    test::heap_text const heap{{{"a", 1}, {"a", 2}}};

    CHECK(two_heaps{{}, heap}.rows() == rows{{"a", 2, 3}});
    CHECK(two_heaps{heap, {}}.rows() == rows{{"a", -2, -3}});
    CHECK(two_heaps{{}, {}}.rows().empty());
  }
}

TEST_CASE("A difference of heaps by allocation", "[heap_graph]") {
  test::heap_text before{{{"x", 10, "native", 1, 3}, {"x", 1, "native", 3}}};
  before.strings = {"(root)", "main", "f;g", ""};
  before.functions = "0,0,3,0,0,0,1,1,3,0,0,0,2,2,3,0,0,0";
  before.traces = "1,0,0,0,[2,1,0,0,[3,2,0,0,[]]]";
  // The same stacks, with other ids and indices.
  test::heap_text after{{{"x", 25, "native", 5, 8},
                         {"x", 5, "native", 7, 9},
                         {"x", 2, "native", 9},
                         {"y", 7, "native", 11, 9}}};
  after.strings = {"f;g", "main", "(root)", ""};
  after.functions = "0,2,3,0,0,0,1,0,3,0,0,0,2,1,3,0,0,0";
  after.traces = "1,0,0,0,[9,2,0,0,[8,1,0,0,[]]]";
  two_heaps const heaps{before, after};

  SECTION("is by site") {
    CHECK(heaps.rows(group_by::site) ==
          rows{{"f;g", 0, 15}, {"main", 2, 12}, {"(no stack)", 0, 1}});
  }

  SECTION("folded has the stacks that grew") {
    CHECK(heaps.folded() == "(no stack) 1\nmain 12\nmain;f%3Bg 15\n");
    CHECK(two_heaps{after, before}.folded().empty());
  }
}
