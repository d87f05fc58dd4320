#include "support/catch.hpp"

#include <loopscope/base/hex.hpp>

#include <cstddef>
#include <set>
#include <string>

using namespace loopscope;

TEST_CASE("A random id is lower-case hexadecimal", "[base]") {
  SECTION("of as many digits as asked for") {
    auto const digits = GENERATE(as<std::size_t>{}, 1, 2, 7, 8, 63, 64);
    CAPTURE(digits);
    auto const id = random_hex(digits);

    CHECK(id.size() == digits);
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  }

  SECTION("that is never the same again") {
    std::set<std::string> ids;
    for (int i = 0; i < 1000; ++i) ids.insert(random_hex(16));

    CHECK(ids.size() == 1000);
  }

  SECTION("in which every digit occurs at both ends") {
    std::set<char> first, last;
    for (int i = 0; i < 1000; ++i) {
      auto const id = random_hex(3);
      first.insert(id.front());
      last.insert(id.back());
    }

    CHECK(first.size() == 16);
    CHECK(last.size() == 16);
  }
}
