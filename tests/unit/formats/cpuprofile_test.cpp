#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/named_profile.hpp"

#include <loopscope/formats/cpuprofile.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

#include <map>
#include <set>
#include <sstream>

using namespace loopscope;
namespace json = boost::json;

namespace {

std::string cpuprofile_of(model::symbolized_profile const& profile) {
  std::ostringstream out;
  formats::write_cpuprofile(out, profile);
  return out.str();
}

// The nodes of a written profile by id.
std::map<std::int64_t, json::object> nodes_of(json::value const& written) {
  std::map<std::int64_t, json::object> nodes;
  for (auto const& node : written.at("nodes").as_array())
    REQUIRE(nodes.emplace(node.at("id").as_int64(), node.as_object()).second);
  return nodes;
}

json::string const& function_name(json::object const& node) {
  return node.at("callFrame").at("functionName").as_string();
}

std::vector<std::int64_t> numbers(json::value const& array) {
  return json::value_to<std::vector<std::int64_t>>(array);
}

}  // namespace

TEST_CASE("A .cpuprofile", "[formats]") {
  auto const profile = test::named_profile();
  auto const text = cpuprofile_of(profile);

  SECTION("is the approved one") {
    CHECK(text == test::approved("named_profile.cpuprofile", text));
  }

  auto const written = json::parse(text);
  auto const nodes = nodes_of(written);

  SECTION("counts each sample once") {
    std::int64_t hits = 0;
    for (auto const& [id, node] : nodes) hits += node.at("hitCount").as_int64();

    CHECK(hits == 10);
    CHECK(written.at("samples").as_array().size() == 10);
    CHECK(written.at("timeDeltas").as_array().size() == 10);
    for (auto const id : numbers(written.at("samples"))) CHECK(nodes.contains(id));
  }

  SECTION("has times in microseconds that add up to the time of the last sample") {
    auto const start = written.at("startTime").as_int64();
    auto sum = start;
    for (auto const delta : numbers(written.at("timeDeltas"))) {
      CHECK(delta >= 0);
      sum += delta;
    }

    CHECK(start == 5'000'000);
    CHECK(sum == 5'115'000);
    CHECK(written.at("endTime").as_int64() == 5'130'000);
  }

  SECTION("is one tree from the root, each node with one parent") {
    std::set<std::int64_t> reached{1};
    for (auto const& [id, node] : nodes)
      for (auto const child : numbers(node.at("children"))) CHECK(reached.insert(child).second);

    CHECK(function_name(nodes.at(1)) == "(root)");
    CHECK(reached.size() == nodes.size());
  }

  SECTION("has idle, program and routes below the root") {
    std::set<std::string> below;
    for (auto const child : numbers(nodes.at(1).at("children")))
      below.emplace(function_name(nodes.at(child)));

    CHECK(below ==
          std::set<std::string>{"(idle)", "(program)", "route /api/a", "route /api/\"b\""});
  }

  SECTION("numbers a file once, and counts lines from 0") {
    std::map<json::string, std::set<json::string>> scripts;
    for (auto const& [id, node] : nodes) {
      auto const& frame = node.at("callFrame").as_object();
      scripts[frame.at("url").as_string()].insert(frame.at("scriptId").as_string());
      if (frame.at("functionName").as_string() == "main")
        CHECK(frame.at("lineNumber").as_int64() == 9);
    }

    CHECK(scripts.size() == 3);
    for (auto const& [url, ids] : scripts) CHECK(ids.size() == 1);
    CHECK(scripts.contains("file:///src/my%20app/busy.cpp"));
    CHECK(scripts.at("") == std::set<json::string>{"0"});
  }

  SECTION("says where in a function the samples were, from 1") {
    std::map<std::int64_t, std::int64_t> ticks;
    for (auto const& [id, node] : nodes)
      if (auto const* all = node.if_contains("positionTicks"))
        for (auto const& tick : all->as_array())
          ticks[tick.at("line").as_int64()] += tick.at("ticks").as_int64();

    CHECK(ticks == std::map<std::int64_t, std::int64_t>{{7, 2}, {26, 3}});
  }
}

TEST_CASE("A .cpuprofile tells functions apart that share a name", "[formats]") {
  auto profile = test::named_profile();
  auto const at = GENERATE(1, 3);  // with a file, and without
  auto twin = profile.functions[at];
  twin.system_name += ".twin";
  profile.functions.push_back(twin);
  auto const id = static_cast<std::uint32_t>(profile.functions.size() - 1);
  profile.locations[1].lines.back().function = id;
  profile.locations[2].lines.back().function = static_cast<std::uint32_t>(at);

  std::set<std::int64_t> columns;
  for (auto const& [node_id, node] : nodes_of(json::parse(cpuprofile_of(profile))))
    if (function_name(node) == std::string_view{twin.name})
      columns.insert(node.at("callFrame").at("columnNumber").as_int64());

  CHECK(columns == (at == 1 ? std::set<std::int64_t>{0, 1} : std::set<std::int64_t>{-1, 0}));
}

TEST_CASE("A .cpuprofile leaves out where a file is that has a relative path", "[formats]") {
  auto profile = test::named_profile();
  for (auto& function : profile.functions) function.file = "src/" + function.name + ".cpp";

  std::set<json::string> scripts;
  for (auto const& [id, node] : nodes_of(json::parse(cpuprofile_of(profile)))) {
    auto const& frame = node.at("callFrame").as_object();
    CHECK(frame.at("url").as_string().empty());
    CHECK(frame.at("lineNumber").as_int64() == -1);
    scripts.insert(frame.at("scriptId").as_string());
  }

  CHECK(scripts.size() == 5);  // the files are different all the same
}

TEST_CASE("A .cpuprofile shows a run of plumbing as one function, or all of it", "[formats]") {
  auto profile = test::named_profile();
  profile.functions[1].kind = model::plumbing::asio;  // busy, between main and inlined
  auto const names_of = [&](model::frame_style style) {
    std::ostringstream out;
    formats::write_cpuprofile(out, profile, style);
    std::set<std::string> names;
    for (auto const& [id, node] : nodes_of(json::parse(out.str())))
      names.emplace(function_name(node));
    return names;
  };

  CHECK(names_of(model::frame_style::folded).contains("[asio]"));
  CHECK_FALSE(names_of(model::frame_style::all).contains("[asio]"));
}

TEST_CASE("A .cpuprofile without samples is one node", "[formats]") {
  auto const written = json::parse(cpuprofile_of({}));

  CHECK(written.at("nodes").as_array().size() == 1);
  CHECK(written.at("samples").as_array().empty());
}
