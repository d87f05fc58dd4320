#include "support/catch.hpp"
#include "support/named_heap.hpp"
#include "support/wire_format.hpp"

#include <loopscope/formats/heapprofile.hpp>
#include <loopscope/formats/pprof.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace loopscope;
using test::named_heap;
using test::wire_message;
using numbers = std::vector<std::uint64_t>;

namespace {

boost::json::object heapprofile_of(named_heap const& heap) {
  std::ostringstream out;
  formats::write_heapprofile(out, heap.capture(), model::frame_style::folded);
  return boost::json::parse(out.str()).as_object();
}

std::string pprof_of(named_heap const& heap) {
  std::ostringstream out;
  formats::write_pprof(out, heap.capture());
  return test::gunzip(out.str());
}

std::set<std::string> types_in(wire_message const& profile) {
  auto const& strings = profile.texts.at(6);
  std::set<std::string> names;
  for (auto const& each : profile.messages(1))
    names.insert(strings.at(each.number(1)) + "/" + strings.at(each.number(2)));
  return names;
}

std::set<numbers> values_in(wire_message const& profile) {
  std::set<numbers> all;
  for (auto const& each : profile.messages(2)) all.insert(each.packed(2));
  return all;
}

// Five samples of each 100 bytes that stand for 5 000, and one of a megabyte.
test::made_heap samples() {
  test::made_heap made;
  made.rest.sampled = true;
  made.rest.period = 524'288;
  made.rest.stacks = test::small_heap().rest.stacks;
  for (int i = 0; i < 5; ++i) made.rest.samples.push_back({1, 0, 100, 1000.4});
  made.rest.samples.push_back({2, 0, 1 << 20, 1.25});
  return made;
}

}  // namespace

TEST_CASE("A .heapprofile has what is alive, below who called whom", "[formats]") {
  auto const profile = heapprofile_of(named_heap{});
  auto const& head = profile.at("head").as_object();
  auto const& main = head.at("children").as_array().at(0).as_object();
  auto const& fills = main.at("children").as_array();

  CHECK(head.at("callFrame").at("functionName") == "(root)");
  CHECK(head.at("selfSize") == 80);  // of no stack
  CHECK(main.at("callFrame").at("functionName") == "main");
  CHECK(main.at("callFrame").at("url") == "file:///src/main.cpp");
  CHECK(main.at("callFrame").at("lineNumber") == 11);
  REQUIRE(fills.size() == 2);
  CHECK(fills.at(0).at("selfSize") == 124);
  CHECK(fills.at(1).at("selfSize") == 64 << 20);
  std::uint64_t sum = 0;
  for (auto const& each : profile.at("samples").as_array())
    sum += each.at("size").to_number<std::uint64_t>();
  CHECK(sum == 80 + 124 + (64 << 20));
}

TEST_CASE("A .heap.pb.gz of all objects has in-use and allocated figures", "[formats]") {
  wire_message const profile{pprof_of(named_heap{})};

  CHECK(types_in(profile) == std::set<std::string>{"alloc_objects/count", "alloc_space/bytes",
                                                   "inuse_objects/count", "inuse_space/bytes"});
  CHECK(values_in(profile) ==
        std::set<numbers>{{0, 0, 2, 80}, {5, 500, 2, 124}, {1, 64 << 20, 1, 64 << 20}});
  CHECK(profile.texts.at(6).at(profile.number(14)) == "inuse_space");
}

TEST_CASE("Profiles of samples have what the samples stand for", "[formats]") {
  named_heap const heap{samples()};
  wire_message const profile{pprof_of(heap)};
  auto const tree = heapprofile_of(heap);

  CHECK(types_in(profile) == std::set<std::string>{"inuse_objects/count", "inuse_space/bytes"});
  CHECK(values_in(profile) == std::set<numbers>{{5002, 500'200}, {1, 1'310'720}});
  CHECK(profile.number(12) == 524'288);
  auto const& main = tree.at("head").at("children").as_array().at(0).as_object();
  CHECK(main.at("children").as_array().at(0).at("selfSize") == 500'200);
}
