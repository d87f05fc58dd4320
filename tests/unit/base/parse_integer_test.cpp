#include "support/catch.hpp"

#include <loopscope/base/parse_integer.hpp>

#include <cstdint>
#include <limits>
#include <string>

using namespace loopscope;

TEST_CASE("An integer is read from the whole text", "[base]") {
  SECTION("digits, and for signed types a leading minus") {
    auto const [text, value] = GENERATE(table<std::string, std::int64_t>({
        {"0", 0},
        {"7", 7},
        {"007", 7},
        {"-1", -1},
        {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
        {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
    }));
    CAPTURE(text);

    CHECK(parse_integer<std::int64_t>(text).value() == value);
  }

  SECTION("the borders of a narrow type are its own") {
    CHECK(parse_integer<std::uint16_t>("65535").value() == 65535);
    CHECK(parse_integer<std::uint16_t>("65536").error() == errc::invalid_argument);
    CHECK(parse_integer<std::int8_t>("-128").value() == -128);
    CHECK(parse_integer<std::int8_t>("-129").error() == errc::invalid_argument);
  }

  SECTION("anything else is refused") {
    auto const text = GENERATE(as<std::string>{}, "", " ", "-", "--1", "+1", " 1", "1 ", "1.0",
                               "1e3", "0x10", "1_000", "ten", "9223372036854775808",
                               "-9223372036854775809", std::string(1, '\0'));
    CAPTURE(text);

    CHECK(parse_integer<std::int64_t>(text).error() == errc::invalid_argument);
  }

  SECTION("no minus for an unsigned type") {
    CHECK(parse_integer<std::uint64_t>("-1").error() == errc::invalid_argument);
    CHECK(parse_integer<std::uint64_t>("-0").error() == errc::invalid_argument);
  }
}
