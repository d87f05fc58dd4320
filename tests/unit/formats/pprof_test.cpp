#include "support/catch.hpp"
#include "support/named_profile.hpp"
#include "support/wire_format.hpp"

#include <loopscope/formats/pprof.hpp>

#include <set>
#include <sstream>

using namespace loopscope;
using test::wire_message;
using numbers = std::vector<std::uint64_t>;

namespace {

constexpr std::uint64_t ms = 1'000'000;

std::string pprof_of(model::symbolized_profile const& profile) {
  std::ostringstream out;
  formats::write_pprof(out, profile);
  return out.str();
}

}  // namespace

TEST_CASE("A .pb.gz", "[formats]") {
  auto const profile = test::named_profile();
  auto const compressed = pprof_of(profile);
  wire_message const written{test::gunzip(compressed)};
  auto const& strings = written.texts.at(6);
  auto const text = [&](wire_message const& m, int field) { return strings.at(m.number(field)); };

  SECTION("says what its values are") {
    auto const types = written.messages(1);

    REQUIRE(types.size() == 2);
    CHECK((text(types[0], 1) == "samples" && text(types[0], 2) == "count"));
    CHECK((text(types[1], 1) == "wall" && text(types[1], 2) == "nanoseconds"));
    CHECK(text(written.messages(11).at(0), 1) == "wall");
    CHECK(written.number(12) == 10 * ms);
    CHECK(written.number(9) == profile.start_unix_ns);
    CHECK(written.number(10) == 130 * ms);
  }

  SECTION("has each string once, the empty one first") {
    CHECK(strings.at(0).empty());
    CHECK(std::set<std::string>(strings.begin(), strings.end()).size() == strings.size());
  }

  SECTION("adds samples of one stack and route up, and widens those after lost ticks") {
    std::multiset<numbers> values;
    for (auto const& sample : written.messages(2)) values.insert(sample.packed(2));

    CHECK(values == std::multiset<numbers>{{2, 20 * ms},    // busy with inlined
                                           {1, 10 * ms},    // busy for a
                                           {1, 10 * ms},    // the nameless one
                                           {2, 40 * ms},    // busy for b, two ticks lost
                                           {1, 10 * ms},    // no stack
                                           {2, 20 * ms},    // waiting
                                           {1, 10 * ms}});  // waiting, for a
  }

  SECTION("labels samples with their route") {
    std::set<std::string> routes;
    for (auto const& sample : written.messages(2))
      for (auto const& label : sample.messages(3)) {
        CHECK(text(label, 1) == "route");
        routes.insert(text(label, 2));
      }

    CHECK(routes == std::set<std::string>{"/api/a", "/api/\"b\""});
  }

  SECTION("names the executable first, with its build id, and all as resolved") {
    auto const modules = written.messages(3);

    REQUIRE(modules.size() == 2);
    CHECK(text(modules[0], 5) == "/srv/bin/lab");
    CHECK(text(modules[0], 6) == "0123abcd");
    CHECK(modules[0].number(2) == 0x1000);
    CHECK(modules[0].number(3) == 0x9000);
    CHECK(modules[0].number(4) == 0x1000);
    for (auto const& module : modules)
      for (auto const flag : {7, 8, 9, 10}) CHECK(module.number(flag) == 1);
  }

  SECTION("has locations with their lines, innermost first") {
    auto const location = written.messages(4).at(1);
    auto const lines = location.messages(4);
    auto const functions = written.messages(5);

    CHECK(location.number(1) == 2);
    CHECK(location.number(2) == 1);
    CHECK(location.number(3) == 0x1020);
    REQUIRE(lines.size() == 2);
    CHECK(text(functions.at(lines[0].number(1) - 1), 2) == "lab::inlined(char; int)");
    CHECK(lines[0].number(2) == 7);
    CHECK(text(functions.at(lines[1].number(1) - 1), 3) == "_ZN3lab4busyEi");
    CHECK(text(functions.at(lines[1].number(1) - 1), 4) == "/src/my app/busy.cpp");
    CHECK(functions.at(lines[1].number(1) - 1).number(5) == 20);
  }

  SECTION("refers to nothing that is missing") {
    std::set<std::uint64_t> ids;
    for (auto const& location : written.messages(4)) ids.insert(location.number(1));
    for (auto const& sample : written.messages(2))
      for (auto const id : sample.packed(1)) CHECK(ids.contains(id));

    CHECK(ids.size() == profile.locations.size());
  }

  SECTION("is the same each time") {
    CHECK(pprof_of(profile) == compressed);
  }
}

TEST_CASE("A .pb.gz has all frames, and functions that share a name", "[formats]") {
  auto profile = test::named_profile();
  profile.functions[1].kind = model::plumbing::asio;
  profile.functions[2].name = profile.functions[1].name;

  wire_message const written{test::gunzip(pprof_of(profile))};

  CHECK(written.messages(5).size() == profile.functions.size());
  CHECK(written.messages(4).at(1).messages(4).size() == 2);
}

TEST_CASE("A large .pb.gz is whole", "[formats]") {
  auto profile = test::named_profile();
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    auto const name = "function_" + std::to_string(i * 2654435761U);
    profile.functions.push_back({name, name, "", 0});
  }

  wire_message const written{test::gunzip(pprof_of(profile))};

  CHECK(written.texts.at(5).size() == 20'005);
}
