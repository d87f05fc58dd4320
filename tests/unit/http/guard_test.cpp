#include "support/catch.hpp"

#include <loopscope/http/guard.hpp>

#include <string>
#include <vector>

using namespace loopscope;
using http::verdict;

namespace {

http::request_head head_with(std::vector<std::string> const& tokens) {
  http::request_head head;
  head.add(http::field::host, "Host", "localhost");
  for (auto const& each : tokens) head.add(http::field::unknown, "x-lab-token", each);
  return head;
}

}  // namespace

TEST_CASE("A guard covers its prefix and all below", "[http]") {
  http::guard const guard{"/api/lab", "x-lab-token", true, secret{"correct-token"}};

  auto const [path, covered] = GENERATE(table<std::string, bool>({
      {"/api/lab", true},
      {"/api/lab/", true},
      {"/api/lab/status", true},
      {"/api/lab/no/such/thing", true},
      {"/api/lab/../health", true},
      {"/api/labs", false},
      {"/api/la", false},
      {"/api/health", false},
      {"/API/LAB", false},
      {"//api/lab", false},
      {"/", false},
      {"", false},
  }));
  CAPTURE(path);

  CHECK(guard.covers(path) == covered);
}

TEST_CASE("An open guard", "[http]") {
  http::guard const guard{"/api/lab", "x-lab-token", true, secret{"correct-token"}};

  SECTION("admits the holder of the token, however the header's name is written") {
    http::request_head head;
    head.add(http::field::unknown,
             GENERATE(as<std::string>{}, "x-lab-token", "X-Lab-Token", "X-LAB-TOKEN"),
             "correct-token");

    CHECK(guard.judge(head) == verdict::admitted);
  }

  SECTION("refuses every other token") {
    auto const token = GENERATE(as<std::string>{}, "", "wrong", "correct-toke", "correct-token2",
                                "Correct-token", "correct-token correct-token");
    CAPTURE(token);

    CHECK(guard.judge(head_with({token})) == verdict::wrong_token);
  }

  SECTION("refuses who has none") {
    CHECK(guard.judge(head_with({})) == verdict::no_token);
  }

  SECTION("refuses who sends two, right or wrong") {
    auto const second = GENERATE(as<std::string>{}, "correct-token", "wrong", "");
    CAPTURE(second);

    CHECK(guard.judge(head_with({"correct-token", second})) == verdict::wrong_token);
    CHECK(guard.judge(head_with({second, "correct-token"})) == verdict::wrong_token);
  }

  SECTION("does not look for the token elsewhere") {
    auto const name = GENERATE(as<std::string>{}, "authorization", "x-token", "x-lab-token2");
    CAPTURE(name);
    http::request_head head;
    head.add(http::field::unknown, name, "correct-token");

    CHECK(guard.judge(head) == verdict::no_token);
  }
}

TEST_CASE("A closed guard refuses everybody, the right token too", "[http]") {
  http::guard const guard{"/api/lab", "x-lab-token", false, secret{"correct-token"}};

  CHECK(guard.judge(head_with({"correct-token"})) == verdict::closed);
  CHECK(guard.judge(head_with({"wrong"})) == verdict::closed);
  CHECK(guard.judge(head_with({})) == verdict::closed);
}

TEST_CASE("A guard without a token admits nobody", "[http]") {
  http::guard const guard{"/api/lab", "x-lab-token", true, secret{}};

  CHECK(guard.judge(head_with({})) == verdict::no_token);
  CHECK(guard.judge(head_with({""})) == verdict::wrong_token);
}
