#include "support/catch.hpp"
#include "support/heap_text.hpp"

#include <loopscope/heap_graph/retainers.hpp>

using namespace loopscope;

namespace {

using path = std::vector<std::string>;
using row = std::tuple<path, std::uint64_t, std::uint64_t>;

std::vector<row> rows_of(test::heap_text const& text, std::string const& type) {
  auto const heap = test::heap_from(text);
  std::vector<row> rows;
  auto const objects = heap_graph::objects_of_type(heap, type);
  for (auto const& each : heap_graph::find_retainers(heap, objects, 0).rows)
    rows.emplace_back(each.path, each.count, each.self_bytes);
  return rows;
}

test::heap_text rooted() {
  return {{{"", 0, "synthetic"},
           {"(Registered roots)", 0, "synthetic"},
           {"LabService.retainedBuffers", 0, "synthetic"},
           {"std::vector<...>", 24}},
          {{0, 1, "element"}, {1, 2, "element"}, {2, 3, "property", "+0"}}};
}

}  // namespace

TEST_CASE("Retainers", "[heap_graph]") {
  auto heap = rooted();
  path const of_vector{"std::vector<...>", "LabService.retainedBuffers"};

  SECTION("lead to the first root on the way, objects held alike together") {
    heap.nodes.insert(heap.nodes.end(), {{"std::byte[]", 64}, {"std::byte[]", 64}});
    heap.edges.insert(heap.edges.end(), {{3, 4, "property", "+8"}, {3, 5, "property", "+16"}});

    CHECK(rows_of(heap, "std::byte[]") == std::vector<row>{{of_vector, 2, 128}});
  }

  SECTION("of an object that is held twice are two, and one if it is in the same way") {
    heap.nodes.insert(heap.nodes.end(), {{"x", 1}, {"(Stacks)", 0, "synthetic"}});
    heap.edges.insert(heap.edges.end(), {{3, 4}, {3, 4}, {0, 5}, {5, 4}});

    CHECK(rows_of(heap, "x") == std::vector<row>{{{"(Stacks)"}, 1, 1}, {of_vector, 1, 1}});
  }

  SECTION("are not what is reached through the object alone") {
    heap.nodes.insert(heap.nodes.end(), {{"x", 1}, {"child", 1}, {"grandchild", 1}});
    heap.edges.insert(heap.edges.end(), {{3, 4}, {4, 4}, {4, 5}, {5, 6}, {6, 4}, {5, 4}});

    CHECK(rows_of(heap, "x") == std::vector<row>{{of_vector, 1, 1}});
  }

  SECTION("of the elements of a list have one path") {
    heap.nodes.insert(heap.nodes.end(),
                      {{"node", 1}, {"node", 1}, {"node", 1}, {"x", 1}, {"x", 1}});
    heap.edges.insert(heap.edges.end(), {{3, 4}, {4, 5}, {5, 6}, {5, 7}, {6, 8}});

    CHECK(rows_of(heap, "x") ==
          std::vector<row>{
              {{"node (chain)", "std::vector<...>", "LabService.retainedBuffers"}, 2, 2}});
  }

  SECTION("have the property that leads on, but neither offsets nor places") {
    heap.nodes.insert(heap.nodes.end(), {{"Object", 1, "object"}, {"x", 1}});
    heap.edges.insert(heap.edges.end(), {{3, 4, "internal", "42"}, {4, 5, "property", "cache"}});

    CHECK(std::get<0>(rows_of(heap, "x").front()) ==
          path{"Object.cache", "std::vector<...>", "LabService.retainedBuffers"});
  }

  SECTION("of what is not reached are none") {
    heap.nodes.insert(heap.nodes.end(), {{"x", 5}, {"y", 7}});
    heap.edges.insert(heap.edges.end(), {{3, 4, "weak"}, {4, 5}, {5, 4}});

    CHECK(rows_of(heap, "x") == std::vector<row>{{{}, 1, 5}});
    CHECK(rows_of(heap, "y") == std::vector<row>{{{}, 1, 7}});
  }

  SECTION("of the root's own objects have a name") {
    heap.nodes.push_back({"x", 1});
    heap.edges.push_back({0, 4, "shortcut"});

    CHECK(rows_of(heap, "x") == std::vector<row>{{{"(root)"}, 1, 1}});
  }

  SECTION("are the largest first") {
    heap.nodes.insert(heap.nodes.end(), {{"x", 1}, {"x", 2}});
    heap.edges.insert(heap.edges.end(), {{3, 4}, {2, 5}});

    CHECK(rows_of(heap, "x") ==
          std::vector<row>{{{"LabService.retainedBuffers"}, 1, 2}, {of_vector, 1, 1}});
  }
}

TEST_CASE("Objects are found by type and by id", "[heap_graph]") {
  auto const heap = test::heap_from(rooted());

  CHECK(heap_graph::objects_of_type(heap, "std::vector<...>") == std::vector<std::uint32_t>{3});
  CHECK(heap_graph::objects_of_type(heap, "(Registered roots)").empty());
  CHECK(heap_graph::objects_with_id(heap, 7) == std::vector<std::uint32_t>{3});
  CHECK(heap_graph::objects_with_id(heap, 8).empty());
}
