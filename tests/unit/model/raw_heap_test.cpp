#include "support/catch.hpp"
#include "support/made_heap.hpp"

#include <loopscope/model/raw_heap.hpp>

#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace loopscope;
using model::raw_heap_edge;
using model::raw_heap_node;
using model::raw_heap_root;
using test::made_heap;

namespace {

template <class Record>
std::vector<Record> all_of(std::vector<std::string_view> const& sections) {
  std::vector<Record> all;
  model::for_each_record<Record>(sections, [&](Record const& each) { all.push_back(each); });
  return all;
}

boost::system::error_code error_of(made_heap const& made) {
  auto const bytes = made.bytes();
  auto const read = model::read_raw_heap(bytes);
  return read ? boost::system::error_code{} : read.error();
}

}  // namespace

TEST_CASE("A heap capture is read as it was written", "[model]") {
  auto const of_section = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{1000});
  CAPTURE(of_section);
  auto const made = test::small_heap();
  auto const bytes = made.bytes(of_section);

  auto const read = model::read_raw_heap(bytes);

  REQUIRE(read);
  CHECK(model::is_raw_heap(bytes));
  CHECK(read->heap == made.rest);
  CHECK(read->node_count == made.nodes.size());
  CHECK(all_of<raw_heap_node>(read->nodes) == made.nodes);
  CHECK(all_of<raw_heap_edge>(read->edges) == made.edges);
  CHECK(all_of<raw_heap_root>(read->roots) == made.roots);
}

TEST_CASE("A heap capture of samples is read as it was written", "[model]") {
  made_heap made;
  made.rest.sampled = true;
  made.rest.period = 524'288;
  made.rest.stacks = {{0, 0, {0x1100}}};
  made.rest.samples = {{1, 0, 4096, 128.5}, {0, 0, 1 << 20, 1.25}};
  auto const bytes = made.bytes();

  auto const read = model::read_raw_heap(bytes);

  REQUIRE(read);
  CHECK(read->heap == made.rest);
  CHECK(read->node_count == 0);
}

TEST_CASE("A CPU capture, or half a heap capture, is no heap capture", "[model]") {
  auto const bytes = test::small_heap().bytes();

  CHECK_FALSE(model::is_raw_heap("LOOPSRAW"));
  CHECK_FALSE(model::is_raw_heap(""));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(model::read_raw_heap(std::string_view{bytes}.substr(0, size)));
  }
}

TEST_CASE("A heap capture that contradicts itself is refused", "[model]") {
  struct row {
    std::string_view what;
    std::function<void(made_heap&)> damage;
    bool is_refused;
  };
  constexpr std::uint32_t most = 0x3fffffff;
  auto const each = GENERATE_COPY(values<row>({
      {"nothing", [](made_heap&) {}, false},
      {"the largest id", [](made_heap& m) { m.nodes[0].id = most; }, false},
      {"an id too large", [](made_heap& m) { m.nodes[0].id = most + 1; }, true},
      {"no id", [](made_heap& m) { m.nodes[0].id = 0; }, true},
      {"the last type", [](made_heap& m) { m.nodes[0].type = 2; }, false},
      {"an unknown type", [](made_heap& m) { m.nodes[0].type = 3; }, true},
      {"the last stack", [](made_heap& m) { m.nodes[0].stack = 2; }, false},
      {"an unknown stack", [](made_heap& m) { m.nodes[0].stack = 3; }, true},
      {"an edge to nowhere", [](made_heap& m) { m.edges[0].to = 5; }, true},
      {"an edge from nowhere", [](made_heap& m) { m.edges[2].from = 5; }, true},
      {"edges out of order", [](made_heap& m) { std::swap(m.edges[0], m.edges[1]); }, true},
      {"a root of nothing", [](made_heap& m) { m.roots[0].to = 5; }, true},
      {"an unknown root", [](made_heap& m) { m.roots[0].holder = 1; }, true},
      {"an unknown thread", [](made_heap& m) { m.roots[2].holder = 1; }, true},
      {"an unknown kind", [](made_heap& m) { m.roots[0].kind = model::root_kind{3}; }, true},
      {"a kind of type", [](made_heap& m) { m.rest.types[0].kind = model::type_kind{2}; }, true},
      {"half a sample",
       [](made_heap& m) {
         m.rest.samples = {{1, 0, 8, 0.5}};
       },
       true},
      {"a sample of no stack",
       [](made_heap& m) {
         m.rest.samples = {{3, 0, 8, 1}};
       },
       true},
      {"no number of samples",
       [](made_heap& m) {
         m.rest.samples = {{1, 0, 8, std::numeric_limits<double>::quiet_NaN()}};
       },
       true},
  }));
  CAPTURE(each.what);
  auto made = test::small_heap();

  each.damage(made);

  CHECK(error_of(made) ==
        (each.is_refused ? make_error_code(errc::raw_malformed) : boost::system::error_code{}));
}
