#include "support/catch.hpp"
#include "support/heap_text.hpp"

#include <loopscope/heap_graph/top.hpp>

using namespace loopscope;
using heap_graph::group_by;

namespace {

std::vector<heap_graph::top_row> top_of(test::heap_text const& text, group_by by = group_by::type) {
  auto const heap = test::heap_from(text);
  return heap_graph::top(heap, heap_graph::find_dominators(heap), by);
}

using row = std::tuple<std::string, std::uint64_t, std::uint64_t, std::uint64_t>;

std::vector<row> rows_of(std::vector<heap_graph::top_row> const& found) {
  std::vector<row> rows;
  rows.reserve(found.size());
  for (auto const& each : found)
    rows.emplace_back(each.name, each.count, each.self_bytes, each.retained_bytes);
  return rows;
}

}  // namespace

TEST_CASE("The top of a heap", "[heap_graph]") {
  test::heap_text heap{{{"", 0, "synthetic"}, {"(GC roots)", 0, "synthetic"}}, {{0, 1}}};

  SECTION("has no row without an object") {
    CHECK(top_of({}).empty());
    CHECK(top_of(heap).empty());
  }

  SECTION("counts what several objects of a type retain together once") {
    heap.nodes.insert(heap.nodes.end(), {{"list", 8}, {"list", 8}, {"byte[]", 100}, {"list", 8}});
    heap.edges.insert(heap.edges.end(), {{1, 2}, {2, 3}, {3, 4}, {1, 5}});

    CHECK(rows_of(top_of(heap)) == std::vector<row>{{"list", 3, 24, 124}, {"byte[]", 1, 100, 100}});
  }

  SECTION("has what is held by weak references with its own size") {
    heap.nodes.insert(heap.nodes.end(), {{"cache", 10}, {"value", 20}});
    heap.edges.insert(heap.edges.end(), {{1, 2, "weak"}, {2, 3}});

    CHECK(rows_of(top_of(heap)) == std::vector<row>{{"value", 1, 20, 20}, {"cache", 1, 10, 10}});
  }

  SECTION("orders equal rows by name") {
    heap.nodes.insert(heap.nodes.end(), {{"b", 1}, {"a", 1}});

    CHECK(rows_of(top_of(heap)) == std::vector<row>{{"a", 1, 1, 1}, {"b", 1, 1, 1}});
  }

  SECTION("by site has the innermost function") {
    heap.nodes.insert(heap.nodes.end(), {{"a", 1, "native", 0, 2},
                                         {"b", 2, "native", 0, 3},
                                         {"c", 4, "native", 0, 0},
                                         {"d", 8, "native", 0, 99}});
    heap.strings = {"(root)", "f", "g", "dir/x.cpp", "other/x.cpp", ""};
    heap.functions = "0,0,5,0,0,0,1,1,3,1,7,0,2,1,4,2,7,0";
    heap.traces = "1,0,0,0,[2,1,0,0,[],3,2,0,0,[]]";

    CHECK(rows_of(top_of(heap, group_by::site)) ==
          std::vector<row>{{"(no stack)", 2, 12, 12}, {"f (x.cpp:7)", 2, 3, 3}});
  }
}
