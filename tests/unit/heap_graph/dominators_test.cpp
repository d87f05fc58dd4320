#include "support/catch.hpp"
#include "support/heap_text.hpp"

#include <loopscope/heap_graph/dominators.hpp>
#include <loopscope/heap_graph/shortest_paths.hpp>

#include <random>

using namespace loopscope;
using heap_graph::none;

namespace {

using edges = std::vector<test::heap_text::edge>;

heap_graph::heap_snapshot heap_of(std::uint32_t nodes, edges const& between) {
  heap_graph::heap_snapshot heap;
  heap.types.push_back({heap_graph::naming::own, 0});
  for (std::uint32_t node = 0; node < nodes; ++node) {
    heap.type.push_back(0);
    heap.id.push_back(2 * node + 1);
    heap.self_bytes.push_back(std::uint64_t{1} << node % 40);
    heap.first_edge.push_back(static_cast<std::uint32_t>(heap.edge_to.size()));
    for (auto const& edge : between)
      if (edge.from == node) heap.edge_to.push_back(edge.to);
  }
  heap.first_edge.push_back(static_cast<std::uint32_t>(heap.edge_to.size()));
  return heap;
}

std::vector<std::uint32_t> dominators_of(std::uint32_t nodes, edges const& between) {
  return heap_graph::find_dominators(heap_of(nodes, between)).dominator;
}

// A list whose elements point to the next one, the one before and the first.
heap_graph::heap_snapshot long_list(std::uint32_t size) {
  heap_graph::heap_snapshot heap;
  heap.types.push_back({heap_graph::naming::own, 0});
  heap.type.resize(size);
  heap.id.resize(size);
  heap.self_bytes.resize(size, 1);
  for (std::uint32_t node = 0; node < size; ++node) {
    heap.first_edge.push_back(static_cast<std::uint32_t>(heap.edge_to.size()));
    heap.edge_to.push_back(0);
    if (node > 0) heap.edge_to.push_back(node - 1);
    if (node + 1 < size) heap.edge_to.push_back(node + 1);
  }
  heap.first_edge.push_back(static_cast<std::uint32_t>(heap.edge_to.size()));
  return heap;
}

}  // namespace

TEST_CASE("Dominators", "[heap_graph]") {
  SECTION("of nothing are none") {
    CHECK(dominators_of(0, {}).empty());
    CHECK(heap_graph::find_dominators({}).order.empty());
  }

  SECTION("of the root alone, with an edge to itself, are none") {
    CHECK(dominators_of(1, {{0, 0}}) == std::vector{none});
  }

  SECTION("of two branches that meet is where they part") {
    CHECK(dominators_of(5, {{0, 1}, {1, 2}, {1, 3}, {2, 4}, {3, 4}}) ==
          std::vector<std::uint32_t>{none, 0, 1, 1, 1});
  }

  SECTION("of a cycle with two entries is what enters it") {
    CHECK(dominators_of(4, {{0, 1}, {1, 2}, {1, 3}, {2, 3}, {3, 2}}) ==
          std::vector<std::uint32_t>{none, 0, 1, 1});
  }

  SECTION("do not come from what is not reached") {
    CHECK(dominators_of(4, {{0, 1}, {3, 1}, {3, 2}, {2, 3}}) ==
          std::vector<std::uint32_t>{none, 0, none, none});
  }

  SECTION("are those of the paper's example") {
    constexpr std::uint32_t r = 0, a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9,
                            j = 10, k = 11, l = 12;
    CHECK(dominators_of(13, {{r, a}, {r, b}, {r, c}, {a, d}, {b, a}, {b, d}, {b, e},
                             {c, f}, {c, g}, {d, l}, {e, h}, {f, i}, {g, i}, {g, j},
                             {h, e}, {h, k}, {i, k}, {j, i}, {k, r}, {k, i}, {l, h}}) ==
          std::vector<std::uint32_t>{none, r, r, r, r, r, c, c, r, r, g, r, d});
  }
}

TEST_CASE("The root may be any node", "[heap_graph]") {
  auto heap = heap_of(3, {{2, 0}, {0, 1}});
  heap.root = 2;

  auto const tree = heap_graph::find_dominators(heap);

  CHECK(tree.dominator == std::vector<std::uint32_t>{2, 0, none});
  CHECK(tree.retained_bytes == std::vector<std::uint64_t>{3, 2, 7});
  CHECK(tree.is_reached(2));
}

TEST_CASE("Retained sizes of random heaps are those of the definition", "[heap_graph]") {
  std::mt19937 engine{1};
  auto const random = [&engine] { return static_cast<std::uint32_t>(engine()); };
  for (auto round = 0; round < 300; ++round) {
    std::uint32_t const nodes = 1 + random() % 24;
    edges between;
    for (auto left = random() % (2 * nodes + 1); left > 0; --left)
      between.push_back({random() % nodes, random() % nodes});
    auto const heap = heap_of(nodes, between);

    auto const tree = heap_graph::find_dominators(heap);

    auto const reached = test::reached_without(heap, none);
    for (std::uint32_t node = 0; node < nodes; ++node) {
      CAPTURE(round, node);
      REQUIRE(tree.is_reached(node) == reached[node]);
      REQUIRE(tree.retained_bytes[node] == test::retained_by_definition(heap, node));
    }
  }
}

TEST_CASE("A list of a million elements is no burden", "[heap_graph][slow]") {
  constexpr std::uint32_t size = 1'000'000;
  auto const heap = long_list(size);

  auto const tree = heap_graph::find_dominators(heap);
  auto const paths = heap_graph::find_shortest_paths(heap);

  CHECK(tree.dominator.back() == size - 2);
  CHECK(tree.retained_bytes[1] == size - 1);
  CHECK(paths.distance.back() == size - 1);
}

TEST_CASE("Shortest paths", "[heap_graph]") {
  auto const heap = heap_of(5, {{0, 1}, {1, 2}, {2, 3}, {0, 3}, {3, 3}, {4, 0}});

  auto const paths = heap_graph::find_shortest_paths(heap);

  CHECK(paths.distance == std::vector<std::uint32_t>{0, 1, 2, 1, none});
  CHECK(paths.parent == std::vector<std::uint32_t>{none, 0, 1, 0, none});
  CHECK(paths.edge == std::vector<std::uint32_t>{none, 0, 2, 1, none});
  CHECK(paths.order == std::vector<std::uint32_t>{0, 1, 3, 2});
  CHECK(heap_graph::find_shortest_paths({}).order.empty());
}
