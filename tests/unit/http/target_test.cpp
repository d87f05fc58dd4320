#include "support/catch.hpp"

#include <loopscope/http/target.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace loopscope;
using namespace std::string_literals;

TEST_CASE("A request target", "[http]") {
  SECTION("is taken apart in origin and in absolute form") {
    auto const [text, path, query] = GENERATE(table<std::string, std::string, std::string>({
        {"/", "/", ""},
        {"/a/b", "/a/b", ""},
        {"/a?b=1&c=2", "/a", "b=1&c=2"},
        {"/a?", "/a", ""},
        {"/a?b?c", "/a", "b?c"},
        {"/?a", "/", "a"},
        {"//a//b/", "//a//b/", ""},
        {"http://host/a?b", "/a", "b"},
        {"https://host:3001/a", "/a", ""},
        {"http://host", "/", ""},
        {"http://host?b", "/", "b"},
        {"HTTP://HOST/A", "/A", ""},
        {"hTTps://host/a", "/a", ""},
        {"http://host/", "/", ""},
        {"http://user@host/a", "/a", ""},
        {"http://[::1]:80/a", "/a", ""},
    }));
    CAPTURE(text);

    auto const parts = http::parse_target(text);

    REQUIRE(parts);
    CHECK(parts->path == path);
    CHECK(parts->query == query);
  }

  SECTION("is refused in every other form") {
    auto const text =
        GENERATE(as<std::string>{}, "", "*", "host:3001", "host", "a/b", "?a=1", "ftp://host/a",
                 "http:///a", "http://", "http://?a", "http:/host/a", "https:", "-http://host/a");
    CAPTURE(text);

    CHECK_FALSE(http::parse_target(text));
  }

  SECTION("is not read beyond its end, as AddressSanitizer would see") {
    std::string_view const text = "hTTp://";
    std::vector<char> const exact{text.begin(), text.end()};

    CHECK_FALSE(http::parse_target({exact.data(), exact.size()}));
  }

  SECTION("has a decoded path and a query as it came") {
    auto const parts = http::parse_target("/a%2Fb%20c/%64?e=%66");

    REQUIRE(parts);
    CHECK(parts->path == "/a/b c/d");
    CHECK(parts->query == "e=%66");
  }

  SECTION("may have bytes in origin form that ought to be escaped") {
    auto const parts = http::parse_target("/\xc3\xa9|\"?\xff[%");

    REQUIRE(parts);
    CHECK(parts->path == "/\xc3\xa9|\"");
    CHECK(parts->query == "\xff[%");
  }

  SECTION("has to be a valid URI in absolute form") {
    auto const text = GENERATE(as<std::string>{}, "http://host/\xc3\xa9", "http://host/a?b=%2",
                               "http://:80/a", "http://host:port/a", "http://[::1/a");
    CAPTURE(text);

    CHECK_FALSE(http::parse_target(text));
  }

  SECTION("does not begin its query at an escaped question mark") {
    auto const parts = http::parse_target("/a%3Fb?c");

    REQUIRE(parts);
    CHECK(parts->path == "/a?b");
    CHECK(parts->query == "c");
  }

  SECTION("is refused when its path has a malformed escape, whatever its query has") {
    CHECK_FALSE(http::parse_target("/a%2"));
    CHECK(http::parse_target("/a?%2"));
  }

  SECTION("keeps `..` as it stands, escaped or not") {
    auto const text = GENERATE(as<std::string>{}, "/api/lab/../health", "/api/lab/%2e%2E/health",
                               "/api/lab%2f..%2fhealth");
    CAPTURE(text);

    CHECK(http::parse_target(text)->path == "/api/lab/../health");
  }
}

TEST_CASE("A percent escape", "[http]") {
  SECTION("names one byte") {
    auto const [text, decoded] = GENERATE(table<std::string, std::string>({
        {"", ""},
        {"plain+text", "plain+text"},
        {"%41", "A"},
        {"%6a%6A", "jj"},
        {"a%25b", "a%b"},
        {"%2541", "%41"},
        {"%00", "\0"s},
        {"%ff", "\xff"},
        {"%C3%A9", "\xc3\xa9"},
    }));
    CAPTURE(text);

    CHECK(http::percent_decoded(text) == decoded);
  }

  SECTION("has exactly two hexadecimal digits") {
    auto const text = GENERATE(as<std::string>{}, "%", "a%", "%4", "a%4", "%4g", "%g4", "%%41",
                               "% 4", "%-1", "%+1", "%0x41", "ok%41%", "%x1");
    CAPTURE(text);

    CHECK_FALSE(http::percent_decoded(text));
  }
}

TEST_CASE("A path is under a prefix", "[http]") {
  SECTION("if it is the prefix or a segment follows") {
    auto const path = GENERATE(as<std::string>{}, "/api/lab", "/api/lab/", "/api/lab/x",
                               "/api/lab/x/y", "/api/lab//", "/api/lab/../health");
    CAPTURE(path);

    CHECK(http::is_under(path, "/api/lab"));
  }

  SECTION("and not if the text merely begins alike") {
    auto const path = GENERATE(as<std::string>{}, "", "/", "/api", "/api/la", "/api/labs",
                               "/api/lab2/x", "/API/LAB", "//api/lab", "api/lab", "/x/api/lab");
    CAPTURE(path);

    CHECK_FALSE(http::is_under(path, "/api/lab"));
  }
}
