#include "support/catch.hpp"

#include <loopscope/base/utf8.hpp>

#include <string>

using namespace loopscope;

TEST_CASE("Text that is no UTF-8 becomes it", "[base]") {
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

  CHECK(to_utf8(text) == valid);
}

TEST_CASE("The length of the first character", "[base]") {
  auto const [text, length] = GENERATE(table<std::string, std::size_t>({
      {"", 0},
      {"ab", 1},
      {"\xC3\xA9"
       "b",
       2},
      {"\xE2\x82\xAC", 3},
      {"\xF0\x9F\x98\x80", 4},
      {"\x80", 0},
      {"\xC3", 0},
      {"\xC3(", 0},
  }));
  CAPTURE(text);

  CHECK(utf8_length(text) == length);
}
