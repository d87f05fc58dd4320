#include "support/catch.hpp"

#include <loopscope/formats/text_impl.hpp>

#include <string>

using namespace loopscope;
using namespace std::string_literals;

TEST_CASE("Text that is no UTF-8 becomes it", "[formats]") {
  auto const [text, valid] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"plain", "plain"},
      {"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
      {"a\xFFz", "a\xEF\xBF\xBDz"},
      {"\xC3", "\xEF\xBF\xBD"},                                                  // ends early
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},                                  // overlong
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},                  // a surrogate
      {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // too large
  }));

  CHECK(formats::to_utf8(text) == valid);
}

TEST_CASE("A JSON string", "[formats]") {
  auto const [text, quoted] = GENERATE(table<std::string, std::string>({
      {"", R"("")"},
      {"a \"b\" \\ /", R"("a \"b\" \\ /")"},
      {"\n\t\x01\0"s, R"("\u000A\u0009\u0001\u0000")"},
      {"\x7F\xC3\xA9", "\"\x7F\xC3\xA9\""},
      {"\xFF", "\"\xEF\xBF\xBD\""},
  }));

  CHECK(formats::json_string(text) == quoted);
}

TEST_CASE("A file URL", "[formats]") {
  auto const [path, url] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"/usr/include/c++/12/bits/stl_vector.h", "file:///usr/include/c++/12/bits/stl_vector.h"},
      {"/a b/50%?#[].cpp", "file:///a%20b/50%25%3F%23%5B%5D.cpp"},
      {"/\xC3\xA9", "file:///%C3%A9"},
      {"./string/../sysdeps/memcpy.S", "file:///./string/../sysdeps/memcpy.S"},
  }));

  CHECK(formats::file_url(path) == url);
}
