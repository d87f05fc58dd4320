#include "support/catch.hpp"
#include "support/heap_text.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/heap_graph/read_snapshot.hpp>

#include <fstream>
#include <system_error>

template <>
struct Catch::StringMaker<loopscope::heap_graph::read_result> {
  static std::string convert(loopscope::heap_graph::read_result const& read) {
    return read ? "a heap" : read.error().reason;
  }
};

using namespace loopscope;
using heap_graph::none;
using heap_graph::snapshot_parts;
using test::ContainsSubstring;

namespace {

test::heap_text small_heap() {
  return {{{"", 0, "synthetic"},
           {"std::byte[]", 64, "native", 7, 2},
           {"text that nobody needs", 5, "string"},
           {"f", 3, "closure"}},
          {{0, 1, "element"},
           {1, 2, "weak", "w"},
           {1, 3, "property", "run"},
           {0, 3, "shortcut", "s"},
           {1, 1, "shortcut", "s"}},
          "0,0,0,0,0,0,1,3,4,5,58,1",
          "1,0,0,0,[2,1,1,64,[]]",
          {"(root)", "a", "b", "lab::f", "/src/lab/file.cpp"}};
}

std::string replaced(std::string text, std::string const& what, std::string const& by) {
  return text.replace(text.find(what), what.size(), by);
}

std::string reason_of(std::string const& text) {
  auto const read = test::read_heap(text);
  return read ? "none" : read.error().reason;
}

// The short strings of a snapshot that is otherwise empty.
std::string strings_of(std::string const& json) {
  auto const read = test::read_heap(replaced(small_heap().json(), "\"std::byte[]\"", json));
  if (!read) return "refused: " + read.error().reason;
  return std::string{read->strings[read->name[1]]};
}

}  // namespace

TEST_CASE("A heap snapshot", "[heap_graph]") {
  auto const piece = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{1'000'000});
  CAPTURE(piece);
  auto const read = test::read_heap(small_heap().json(), snapshot_parts::properties, piece);
  REQUIRE(read);
  auto const& heap = *read;

  SECTION("has its nodes") {
    CHECK(heap.id == std::vector<std::uint32_t>{1, 7, 5, 7});
    CHECK(heap.self_bytes == std::vector<std::uint64_t>{0, 64, 5, 3});
    CHECK_FALSE(heap.is_object(0));
    CHECK(heap.is_object(1));
  }

  SECTION("calls them as DevTools does") {
    CHECK(heap.strings[heap.class_of(1)] == "std::byte[]");
    CHECK(heap.strings[heap.class_of(2)] == "(string)");
    CHECK(heap.strings[heap.class_of(3)] == "Function");
    CHECK(heap.strings[heap.title_of(2)] == "(string)");
    CHECK(heap.strings[heap.title_of(3)] == "f");
  }

  SECTION("keeps the edges that retain, with their properties") {
    CHECK(heap.edge_to == std::vector<std::uint32_t>{1, 3, 3});
    CHECK(heap.first_edge == std::vector<std::uint32_t>{0, 2, 3, 3, 3});
    CHECK(heap.edge_property[0] == none);
    CHECK(heap.strings[heap.edge_property[1]] == "s");
    CHECK(heap.strings[heap.edge_property[2]] == "run");
  }

  SECTION("keeps no text that names nothing") {
    CHECK(heap.strings[heap.name[2]].empty());
  }

  SECTION("knows where objects were allocated") {
    CHECK(heap.trace[0] == none);
    REQUIRE(heap.trace[1] == 1);
    CHECK(heap.traces[1].parent == 0);
    CHECK(heap.site_of(heap.functions[heap.traces[1].function]) == "lab::f (file.cpp:58)");
  }
}

TEST_CASE("A heap snapshot may tell its process", "[heap_graph]") {
  auto const [member, process] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {R"("12ab")", "12ab"},
      {R"([{"a":1},"b"])", ""},
  }));
  auto heap = small_heap();
  heap.process = member;

  auto const read = test::read_heap(heap.json(), snapshot_parts::nodes);

  REQUIRE(read);
  CHECK(read->process == process);
}

TEST_CASE("Parts of a heap snapshot", "[heap_graph]") {
  auto const text = small_heap().json();

  auto const nodes = test::read_heap(text, snapshot_parts::nodes);
  auto const edges = test::read_heap(text, snapshot_parts::edges);

  REQUIRE(nodes);
  REQUIRE(edges);
  CHECK(nodes->edge_to.empty());
  CHECK(nodes->edges_of(1).empty());
  CHECK(edges->edge_to.size() == 3);
  CHECK(edges->edge_property.empty());
}

TEST_CASE("A heap snapshot without a node is empty", "[heap_graph]") {
  auto const read = test::read_heap(test::heap_text{}.json());

  REQUIRE(read);
  CHECK(read->size() == 0);
}

TEST_CASE("A heap snapshot that ends early is refused, wherever that is", "[heap_graph]") {
  auto const text = small_heap().json();
  auto const whole = text.find_last_of('}');
  for (std::size_t size = 0; size <= whole; ++size) {
    CAPTURE(size);
    auto const read = test::read_heap(std::string_view{text}.substr(0, size));
    REQUIRE_FALSE(read);
    CHECK(read.error().offset <= size);
    CHECK_FALSE(read.error().reason.empty());
  }
}

TEST_CASE("No byte of a heap snapshot can be changed into a crash", "[heap_graph]") {
  auto const text = small_heap().json();
  for (std::size_t i = 0; i < text.size(); ++i)
    for (auto const c : {'\0', '"', '9', '-', ',', '[', ']', '{', '}', '\\', '\x80'}) {
      auto changed = text;
      changed[i] = c;
      auto const read = test::read_heap(changed);
      if (read) CHECK(read->name.size() == read->id.size());
    }
}

TEST_CASE("What is wrong with a heap snapshot is said", "[heap_graph]") {
  auto const text = small_heap().json();
  struct row {
    std::string what;
    std::string by;
    std::string reason;
  };
  // The nodes are 9,6,1,0,2,0,0 | 8,8,7,64,3,2,0 | ...; the edges 1,999999,7 | 5,6,21 | ...
  auto const changed = GENERATE(values<row>({
      {"\"nodes\":[9,6,", "\"nodes\":[90,6,", "unknown type"},
      {"\"nodes\":[9,6,", "\"nodes\":[9,600,", "not among the strings"},
      {"\"nodes\":[9,6,1,", "\"nodes\":[9,6,4294967295,", "id of a node is too large"},
      {"\"nodes\":[9,6,1,0,", "\"nodes\":[9,6,1,4611686018427387905,", "sizes of the nodes"},
      {"\"nodes\":[9,6,1,0,", "\"nodes\":[9,6,1,18446744073709551616,", "number is too large"},
      {"\"nodes\":[9,6,1,0,2,", "\"nodes\":[9,6,1,0,3,", "fewer edges"},
      {"\"nodes\":[9,6,1,0,2,", "\"nodes\":[9,6,1,0,1,", "more edges"},
      {",0],\"edges\"", "],\"edges\"", "',' is missing"},
      {"\"nodes\":[9,", "\"nodes\":[-9,", "not negative"},
      {"\"nodes\":[9,", "\"nodes\":[9.5,", "not whole"},
      {"\"nodes\":[9,", "\"nodes\":[9,,", "not negative"},
      {"\"node_count\":4", "\"node_count\":5", "node_count"},
      {"\"edge_count\":5", "\"edge_count\":4", "edge_count"},
      {"\"edges\":[1,", "\"edges\":[7,", "unknown type"},
      {",999999,7,", ",999999,8,", "leads to no node"},
      {",999999,7,", ",999999,28,", "leads to no node"},
      {"\"id\",", "", "node_fields"},
      {"\"to_node\"", "\"to\"", "edge_fields"},
      {"\"node_types\"", "\"types\"", "node_types"},
      {"\"children\"", "\"kids\"", "trace_node_fields"},
      {"[2,1,1,64,[]]", "[2,2,1,64,[]]", "function that is not there"},
      {"[2,1,1,64,[]]", "[2,1,1,64]", "lacks its children"},
      {"\"samples\":", "\"samples\":[],\"samples\":", "twice"},
      {"\"snapshot\":", "\"edges\":[],\"snapshot\":", "nodes should come before"},
      {"\"strings\":[", "\"names\":[", "strings are missing"},
      {"\"b\"", "\"\\q\"", "unknown escape"},
      {"\"b\"", "\"\\u00g0\"", "hexadecimal"},
      {"\"b\"", "\"\n\"", "control character"},
      {"\"b\"", "7", "'\"' is missing"},
      {"]}\n", "]}]", "follows the end"},
      {"\"node_count\":4", "\"node_count\":4,\"root_index\":6", "root_index"},
      {"\"node_count\":4", "\"node_count\":4,\"root_index\":28", "root_index"},
  }));
  CAPTURE(changed.what, changed.by);

  CHECK_THAT(reason_of(replaced(text, changed.what, changed.by)),
             ContainsSubstring(changed.reason));
}

TEST_CASE("What is read over may be nested, to a limit", "[heap_graph]") {
  auto const text = small_heap().json();
  auto const nested = [&text](std::size_t depth) {
    auto const value = std::string(depth, '[') + std::string(depth, ']');
    return reason_of(replaced(text, "\"samples\":[]", "\"samples\":" + value));
  };

  CHECK(nested(1000) == "none");
  CHECK_THAT(nested(1001), ContainsSubstring("nested too deeply"));
  CHECK_THAT(reason_of(replaced(text, "[0,1,2,3]", "[0,{1]")), ContainsSubstring("missing"));
  CHECK(reason_of(replaced(text, "[0,1,2,3]", R"({"a":[null,true,-1.5e3,"]"]})")) == "none");
}

TEST_CASE("The strings of a heap snapshot may have escapes", "[heap_graph]") {
  auto const [json, text] = GENERATE(table<std::string, std::string>({
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("\u0041\u00e9\u20AC")", "A\u00e9\u20AC"},
      {R"("\ud83d\ude00")", "\U0001F600"},
      {R"("\ud83dx")", "\uFFFDx"},
      {R"("\ud83d\n")", "\uFFFD\n"},
      {R"("\ud83d\ud83d\ude00")", "\uFFFD\U0001F600"},
      {R"("\ude00")", "\uFFFD"},
      {R"("\ud83d")", "\uFFFD"},
      {"\"\xC3\xA9\"", "\u00e9"},
  }));

  CHECK(strings_of(json) == text);
}

TEST_CASE("Deep allocation stacks are read without recursion", "[heap_graph]") {
  constexpr std::size_t depth = 200'000;
  auto heap = small_heap();
  heap.traces.clear();
  for (std::size_t i = 1; i <= depth; ++i) heap.traces += std::to_string(i) + ",1,0,0,[";
  heap.traces += std::string(depth, ']');

  auto const read = test::read_heap(heap.json(), snapshot_parts::properties, 65536);

  REQUIRE(read);
  REQUIRE(read->traces.size() == depth);
  CHECK(read->traces.back().parent == depth - 2);
}

TEST_CASE("A heap snapshot is read from a file", "[heap_graph]") {
  test::temp_dir const folder;
  auto const path = folder.path() / "a.heapsnapshot";
  std::ofstream{path} << small_heap().json();

  auto const read = heap_graph::read_snapshot(path, snapshot_parts::nodes);

  REQUIRE(read);
  CHECK(read->size() == 4);
  CHECK_THROWS_AS(heap_graph::read_snapshot(folder.path() / "none", snapshot_parts::nodes),
                  std::system_error);
  CHECK_THROWS_AS(heap_graph::read_snapshot(folder.path(), snapshot_parts::nodes),
                  std::system_error);
}
