#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/named_profile.hpp"

#include <loopscope/formats/folded.hpp>

#include <sstream>

using namespace loopscope;
using test::ContainsSubstring;

namespace {

std::string folded_of(model::symbolized_profile const& profile) {
  std::ostringstream out;
  formats::write_folded(out, profile);
  return out.str();
}

}  // namespace

TEST_CASE("A .folded", "[formats]") {
  auto profile = test::named_profile();

  SECTION("is the approved one") {
    auto const text = folded_of(profile);

    CHECK(text == test::approved("named_profile.folded", text));
  }

  SECTION("counts each sample once, and the ticks that were lost before it") {
    std::istringstream lines{folded_of(profile)};
    int sum = 0;
    for (std::string line; std::getline(lines, line);)
      sum += std::stoi(line.substr(line.rfind(' ') + 1));

    CHECK(sum == 12);
  }

  SECTION("keeps one line for a stack, whatever is in its names") {
    profile.functions[0].name = "a;b\nc\rd e";

    CHECK_THAT(folded_of(profile), ContainsSubstring(";a%3Bb%0Ac%0Dd e;"));
  }

  SECTION("has a run of plumbing as one frame, and the same sum") {
    profile.functions[1].kind = model::plumbing::beast;
    std::ostringstream all;
    formats::write_folded(all, profile, model::frame_style::all);

    CHECK_THAT(folded_of(profile), ContainsSubstring("main;[beast];lab::inlined(char%3B int) 2\n"));
    CHECK_THAT(folded_of(profile), ContainsSubstring("main;lab::busy(int) 4\n"));
    CHECK_THAT(all.str(), ContainsSubstring("main;lab::busy(int);lab::inlined(char%3B int) 2\n"));
  }

  SECTION("of nothing is empty") {
    CHECK(folded_of({}).empty());
  }
}
