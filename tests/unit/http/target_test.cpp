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
                 "http:///a", "http://", "http://?a", "http:/host/a", "https:", "-http://host/a",
                 "http://user@host/a", "http://user:word@host/a", "http://@host/a", "/a#b", "/a?b#",
                 "http://host/a#b", "http://a,b c/");
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

  SECTION("says whether a slash of its path was escaped") {
    auto const [text, hides] = GENERATE(table<std::string, bool>({
        {"/a%2fb", true},
        {"/a%2Fb", true},
        {"/a/b%2F", true},
        {"http://host/a%2Fb", true},
        {"/a/b", false},
        {"/a%252fb", false},
        {"/a/b?c=%2F", false},
        {"/", false},
    }));
    CAPTURE(text);

    CHECK(http::parse_target(text).value().hides_slash == hides);
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

TEST_CASE("A Host", "[http]") {
  SECTION("is a name or an address, and perhaps a port, or nothing") {
    auto const text =
        GENERATE(as<std::string>{}, "", "localhost", "lab.test", "a-b.c", "LAB.test.", "192.0.2.7",
                 "a_b", "a%20b", "a,b", "lab.test:80", "lab.test:", "lab.test:0", "lab.test:65535",
                 "[::1]", "[::1]:80", "[2001:db8::7]:", "[v1.x]", "xn--bcher-kva.example", ":80");
    CAPTURE(text);

    CHECK(http::is_host(text));
  }

  SECTION("is nothing else") {
    auto const text =
        GENERATE(as<std::string>{}, "u@l", "u@l/x", "@l", "u:p@l", "a, b", "a b", "http://l", "l/",
                 "l/x", "l?x", "l#x", "l:abc", "l:80a", "l:-1", "l:+1", "l: 80", "l:65536",
                 "l:99999999999", "l:80:80", "[::1", "::1", "[::1]x", "[::1]:x", "[::1]]", "[]",
                 "[:::]", "[12345::]", "%", "%4", "%zz", "a\\b", "\"a\"", "<a>", "\xc3\xa9");
    CAPTURE(text);

    CHECK_FALSE(http::is_host(text));
  }

  SECTION("takes these bytes within a name and no others") {
    for (int byte = 0; byte < 256; ++byte) {
      CAPTURE(byte);
      auto const c = static_cast<char>(byte);
      auto const taken =
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
          "!$&'()*+,;="s.find(c) != std::string::npos;
      // Behind a colon there is a port.
      CHECK(http::is_host("l"s + c + "1"s) == (taken || c == ':'));
    }
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
