#include "support/catch.hpp"

#include <loopscope/http/router.hpp>

#include <string>
#include <vector>

using namespace loopscope;
using http::verb;

namespace {

http::route row(verb method, std::string_view path, std::string_view summary) {
  return {method, std::string{path}, http::access::token, {}, summary};
}

http::router const known{{
    row(verb::get, "/", "root"),
    row(verb::get, "/a", "get a"),
    row(verb::post, "/a", "post a"),
    row(verb::post, "/post", "post only"),
    row(verb::get, "/a/{x}", "get one"),
    row(verb::delete_, "/a/{x}", "delete one"),
    row(verb::get, "/a/{x}/b", "part of one"),
    row(verb::put, "/a/{x}/b", "put part"),
    row(verb::get, "/a/list", "literal beside a pattern"),
}};

std::string summary_of(http::match const& found) {
  return found.route ? std::string{found.route->summary} : "";
}

}  // namespace

TEST_CASE("A router", "[http]") {
  SECTION("finds routes by verb and path") {
    auto const [method, path, summary, segment] =
        GENERATE(table<verb, std::string, std::string, std::string>({
            {verb::get, "/", "root", ""},
            {verb::get, "/a", "get a", ""},
            {verb::post, "/a", "post a", ""},
            {verb::get, "/a/x", "get one", "x"},
            {verb::delete_, "/a/x", "delete one", "x"},
            {verb::get, "/a/x y?", "get one", "x y?"},
            {verb::get, "/a/..", "get one", ".."},
            {verb::get, "/a/b", "get one", "b"},
            {verb::get, "/a/x/b", "part of one", "x"},
            {verb::put, "/a/x/b", "put part", "x"},
            {verb::get, "/a/b/b", "part of one", "b"},
            {verb::get, "/a/list", "literal beside a pattern", ""},
            {verb::get, "/a/list/b", "part of one", "list"},
        }));
    CAPTURE(path);

    auto const found = known.find(method, path);

    CHECK(summary_of(found) == summary);
    CHECK(found.segment == segment);
    CHECK(found.allow.empty());
  }

  SECTION("finds the route for GET for a HEAD") {
    auto const path = GENERATE(as<std::string>{}, "/a", "/a/x", "/a/x/b");
    CAPTURE(path);

    auto const found = known.find(verb::head, path);

    CHECK(found.route == known.find(verb::get, path).route);
    CHECK(found.segment == known.find(verb::get, path).segment);
  }

  SECTION("knows what a path allows when the verb is another") {
    auto const [method, path, allow] = GENERATE(table<verb, std::string, std::string>({
        {verb::put, "/a", "GET, HEAD, POST"},
        {verb::unknown, "/a", "GET, HEAD, POST"},
        {verb::options, "/a/x", "GET, HEAD, DELETE"},
        {verb::delete_, "/a/x/b", "GET, HEAD, PUT"},
        {verb::head, "/post", "POST"},
        {verb::get, "/post", "POST"},
        {verb::delete_, "/a/list", "GET, HEAD"},
    }));
    CAPTURE(path);

    auto const found = known.find(method, path);

    CHECK(found.route == nullptr);
    CHECK(found.allow == allow);
  }

  SECTION("knows no other path") {
    auto const path = GENERATE(as<std::string>{}, "", "a", "//", "/b", "/A", "/a/", "/a//", "/a//b",
                               "/a/x/", "/a/x/c", "/a/x/y/b", "/a/x/b/", "/a/x/bb", "/a/b/", "/ab",
                               "/a?", "/a/x/b/c", " /a");
    CAPTURE(path);

    auto const found = known.find(verb::get, path);

    CHECK(found.route == nullptr);
    CHECK(found.allow.empty());
  }

  SECTION("keeps its table in order") {
    REQUIRE(known.table().size() == 9);
    CHECK(known.table().front().summary == "root");
    CHECK(known.table().back().summary == "literal beside a pattern");
  }
}
