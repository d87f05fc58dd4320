#include "support/catch.hpp"
#include "support/named_heap.hpp"

#include <loopscope/formats/heapsnapshot.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace loopscope;

namespace {

// Enough of a reader to follow names.
class read_snapshot {
 public:
  explicit read_snapshot(test::named_heap const& heap,
                         model::frame_style frames = model::frame_style::folded) {
    std::ostringstream out;
    formats::write_heapsnapshot(out, heap.capture(), frames);
    text = out.str();
    json = boost::json::parse(text).as_object();
    auto const list = [&](char const* name) {
      std::vector<std::uint64_t> all;
      for (auto const& each : json.at(name).as_array())
        all.push_back(each.to_number<std::uint64_t>());
      return all;
    };
    nodes = list("nodes");
    edges = list("edges");
    locations = list("locations");
    for (auto const& each : json.at("strings").as_array()) strings.emplace_back(each.as_string());
  }

  [[nodiscard]] std::size_t count() const { return nodes.size() / 7; }
  [[nodiscard]] std::string const& name(std::size_t node) const {
    return strings.at(nodes.at(node * 7 + 1));
  }
  [[nodiscard]] std::uint64_t id(std::size_t node) const { return nodes.at(node * 7 + 2); }
  [[nodiscard]] std::uint64_t size(std::size_t node) const { return nodes.at(node * 7 + 3); }
  [[nodiscard]] std::size_t find(std::string const& wanted) const {
    for (std::size_t i = 0; i < count(); ++i)
      if (name(i) == wanted) return i;
    FAIL("no node " << wanted);
    return 0;
  }

  // `edge -> node` of each edge that leaves a node.
  [[nodiscard]] std::vector<std::string> leaving(std::size_t node) const {
    std::size_t first = 0;
    for (std::size_t i = 0; i < node; ++i) first += nodes.at(i * 7 + 4);
    std::vector<std::string> all;
    for (std::size_t i = first; i < first + nodes.at(node * 7 + 4); ++i) {
      auto const is_element = edges.at(i * 3) == 1;
      auto const edge = edges.at(i * 3 + 1);
      all.push_back((is_element ? std::to_string(edge) : strings.at(edge)) + " -> " +
                    name(edges.at(i * 3 + 2) / 7));
    }
    return all;
  }

  std::string text;
  boost::json::object json;
  std::vector<std::uint64_t> nodes;
  std::vector<std::uint64_t> edges;
  std::vector<std::uint64_t> locations;
  std::vector<std::string> strings;
};

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("A .heapsnapshot has its parts in the order that DevTools wants", "[formats]") {
  read_snapshot const snapshot{test::named_heap{}};
  texts keys;

  for (auto const& [key, value] : snapshot.json) keys.emplace_back(key);

  CHECK(keys == texts{"snapshot", "nodes", "edges", "trace_function_infos", "trace_tree", "samples",
                      "locations", "strings"});
  auto const& head = snapshot.json.at("snapshot").as_object();
  CHECK(head.at("node_count") == snapshot.count());
  CHECK(head.at("edge_count") == snapshot.edges.size() / 3);
  CHECK(head.at("process") == "0123456789abcdef");
  CHECK(snapshot.text.back() == '\n');
}

TEST_CASE("A .heapsnapshot has what holds the blocks before the blocks", "[formats]") {
  read_snapshot const snapshot{test::named_heap{}};

  CHECK(snapshot.leaving(0) == texts{"0 -> (GC roots)", "Cache.entries -> Cache.entries",
                                     "lab::g_list -> lab::g_list", "thread 7 lab -> thread 7 lab"});
  CHECK(snapshot.leaving(1) == texts{"0 -> (Registered roots)", "1 -> (Static storage)",
                                     "2 -> (Stacks)", "3 -> (Unreached: leaked or hidden)"});
  CHECK(snapshot.leaving(snapshot.find("Cache.entries")) == texts{"0 -> lab::cache_entry"});
  CHECK(snapshot.leaving(snapshot.find("lab::g_list")) == texts{"0 -> lab::session"});
  CHECK(snapshot.leaving(snapshot.find("thread 7 lab")) == texts{"0 -> lab::cache_entry"});
  CHECK(snapshot.leaving(snapshot.find("(Unreached: leaked or hidden)")) ==
        texts{"0 -> lab::session::run() [coroutine]"});
}

TEST_CASE("A .heapsnapshot names blocks by type, else by allocation site", "[formats]") {
  read_snapshot const snapshot{test::named_heap{}};

  CHECK(snapshot.size(snapshot.find("lab::session")) == 24);
  CHECK(snapshot.size(snapshot.find("lab::cache_entry")) == 100);
  CHECK(snapshot.size(snapshot.find("lab::fill (cache.cpp:30)")) == 64 << 20);
  CHECK(snapshot.size(snapshot.find("(unknown allocation site)")) == 32);
  CHECK(snapshot.leaving(snapshot.find("lab::cache_entry")) ==
        texts{"+24 -> lab::fill (cache.cpp:30)"});
}

TEST_CASE("Words of objects above 512 bytes are elements", "[formats]") {
  auto const size = GENERATE(std::uint64_t{512}, std::uint64_t{513});
  CAPTURE(size);
  auto made = test::small_heap();
  made.nodes[0].size = size;

  read_snapshot const snapshot{test::named_heap{made}};

  auto const edge = size > 512 ? "3" : "+24";
  CHECK(snapshot.leaving(snapshot.find("lab::cache_entry")) ==
        texts{std::string{edge} + " -> lab::fill (cache.cpp:30)"});
}

TEST_CASE("The ids of a .heapsnapshot are odd, unique and those of other snapshots", "[formats]") {
  auto made = test::small_heap();
  made.nodes[0].id = 0x3fffffff;
  made.rest.registered_roots.push_back("Cache.entries");  // one name twice
  read_snapshot const snapshot{test::named_heap{made}};
  read_snapshot const later{test::named_heap{}};

  std::set<std::uint64_t> ids;
  for (std::size_t i = 0; i < snapshot.count(); ++i) {
    CHECK(snapshot.id(i) % 2 == 1);
    CHECK(snapshot.id(i) <= 0xffffffff);
    CHECK(ids.insert(snapshot.id(i)).second);
  }
  for (auto const* const name : {"lab::session", "lab::g_list", "Cache.entries", "thread 7 lab"})
    CHECK(snapshot.id(snapshot.find(name)) == later.id(later.find(name)));
}

TEST_CASE("A size of 4 GiB and more is the largest that viewers can have", "[formats]") {
  auto made = test::small_heap();
  made.nodes[1].size = 0x100000000;

  read_snapshot const snapshot{test::named_heap{made}};

  CHECK(snapshot.size(snapshot.find("lab::fill (cache.cpp:30)")) == 0xffffffff);
}

TEST_CASE("A .heapsnapshot says where each block was allocated", "[formats]") {
  read_snapshot const snapshot{test::named_heap{}};
  auto const first_block = snapshot.find("lab::cache_entry");
  std::map<std::uint64_t, std::uint64_t> lines;

  REQUIRE(snapshot.locations.size() == 12);
  for (std::size_t i = 0; i < snapshot.locations.size(); i += 4)
    lines[snapshot.locations[i] / 7] = snapshot.locations[i + 2];

  CHECK(lines == std::map<std::uint64_t, std::uint64_t>{
                     {first_block, 24}, {first_block + 1, 29}, {first_block + 2, 24}});
  CHECK(snapshot.json.at("trace_function_infos").as_array().size() == 24);
  auto const& tree = snapshot.json.at("trace_tree").as_array();
  REQUIRE(tree.size() == 5);
  CHECK(tree.at(4).as_array().size() == 5);  // one outermost caller
}

TEST_CASE("Samples hang below one node, with new ids for more of them", "[formats]") {
  test::made_heap made;
  made.rest.sampled = true;
  made.rest.stacks = test::small_heap().rest.stacks;
  made.rest.samples = {{2, 0, 1 << 20, 1.5}, {1, 0, 100, 5000}};
  read_snapshot const before{test::named_heap{made}};
  made.rest.samples.push_back({1, 0, 100, 5000});
  read_snapshot const after{test::named_heap{made}};

  CHECK(before.leaving(before.find("(Sampled: no retainers known)")).size() == 2);
  CHECK(before.size(before.find("lab::fill (cache.cpp:30)")) == 3 << 19);
  CHECK(before.size(before.find("lab::cache_entry")) == 500'000);
  std::set<std::uint64_t> ids;
  for (std::size_t i = 0; i < before.count(); ++i) ids.insert(before.id(i));
  std::size_t fresh = 0;
  for (std::size_t i = 0; i < after.count(); ++i) fresh += ids.contains(after.id(i)) ? 0 : 1;
  CHECK(fresh == 1);
}

TEST_CASE("An empty heap is a .heapsnapshot too", "[formats]") {
  read_snapshot const snapshot{test::named_heap{test::made_heap{}}};

  CHECK(snapshot.count() == 6);
  CHECK(snapshot.edges.size() / 3 == 5);
}
