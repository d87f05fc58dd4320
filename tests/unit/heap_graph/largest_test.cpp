#include "support/catch.hpp"
#include "support/heap_text.hpp"

#include <loopscope/heap_graph/largest.hpp>

using namespace loopscope;

namespace {

using rows = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// 0 -> 1 -> {2, 3 -> 4}, 0 -> 5
rows largest_of(std::uint32_t depth, std::size_t limit) {
  test::heap_text text{{{"", 0}, {"a", 1}, {"b", 10}, {"c", 1}, {"d", 30}, {"e", 20}},
                       {{0, 1}, {1, 2}, {1, 3}, {3, 4}, {0, 5}}};
  auto const heap = test::heap_from(text);
  rows found;
  for (auto const& row : heap_graph::largest(heap_graph::find_dominators(heap), depth, limit))
    found.emplace_back(row.node, row.depth);
  return found;
}

}  // namespace

TEST_CASE("The largest dominators", "[heap_graph]") {
  SECTION("stand behind what dominates them, the larger first") {
    CHECK(largest_of(0, 0) == rows{{1, 1}, {3, 2}, {4, 3}, {2, 2}, {5, 1}});
  }

  SECTION("are limited by depth") {
    CHECK(largest_of(1, 0) == rows{{1, 1}, {5, 1}});
    CHECK(largest_of(2, 0) == rows{{1, 1}, {3, 2}, {2, 2}, {5, 1}});
  }

  SECTION("are limited by number, and then the smallest are left out") {
    CHECK(largest_of(0, 4) == rows{{1, 1}, {3, 2}, {4, 3}, {5, 1}});
    CHECK(largest_of(0, 1) == rows{{1, 1}});
  }

  SECTION("of nothing are none") {
    CHECK(heap_graph::largest({}, 0, 0).empty());
  }
}
