#include "support/catch.hpp"
#include "support/made_heap.hpp"

#include <loopscope/model/heap_reach.hpp>

#include <cstdint>
#include <vector>

using namespace loopscope;
using indexes = std::vector<std::uint32_t>;

namespace {

// Blocks of ten bytes, a root to the first ones.
model::heap_reach reach_of(std::uint32_t blocks, indexes const& roots,
                           std::vector<model::raw_heap_edge> const& edges) {
  test::made_heap made;
  for (std::uint32_t i = 0; i < blocks; ++i) made.nodes.push_back({10, i + 1, 0, 0, 0});
  made.edges = edges;
  made.rest.registered_roots = {"root"};
  for (auto const each : roots) made.roots.push_back({model::root_kind::registered, 0, 0, each, 0});
  auto const bytes = made.bytes();
  return model::reach_of(model::read_raw_heap(bytes).value());
}

}  // namespace

TEST_CASE("What no root leads to is found, with its heads", "[model]") {
  SECTION("nothing at all") {
    auto const found = reach_of(0, {}, {});

    CHECK(found.heads.empty());
    CHECK(found.unreached == 0);
  }

  SECTION("a chain from a root") {
    auto const found = reach_of(3, {0}, {{0, 1, 0}, {1, 2, 0}});

    CHECK(found.heads.empty());
    CHECK(found.unreached_bytes == 0);
  }

  SECTION("a chain whose first block nobody holds") {
    auto const found = reach_of(4, {3}, {{0, 1, 0}, {1, 2, 0}});

    CHECK(found.heads == indexes{0});
    CHECK(found.unreached == 3);
    CHECK(found.unreached_bytes == 30);
  }

  SECTION("a ring has one head, and what hangs on it none") {
    auto const found = reach_of(4, {}, {{0, 1, 0}, {1, 2, 0}, {2, 0, 0}, {2, 3, 0}});

    CHECK(found.heads == indexes{0});
    CHECK(found.unreached == 4);
  }

  SECTION("a lost block that points to a held one") {
    auto const found = reach_of(2, {1}, {{0, 1, 0}});

    CHECK(found.heads == indexes{0});
    CHECK(found.unreached == 1);
  }

  SECTION("a block that points to itself") {
    auto const found = reach_of(2, {0}, {{0, 0, 0}, {1, 1, 0}});

    CHECK(found.heads == indexes{1});
  }
}
