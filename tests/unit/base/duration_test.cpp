#include "support/catch.hpp"

#include <loopscope/base/duration.hpp>
#include <loopscope/base/result.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST_CASE("A duration is digits and one unit", "[base]") {
  SECTION("each unit has its length") {
    auto const [text, duration] = GENERATE(table<std::string, milliseconds>({
        {"0ms", 0ms},
        {"0h", 0ms},
        {"1ms", 1ms},
        {"1s", 1000ms},
        {"1m", 60'000ms},
        {"1h", 3'600'000ms},
        {"250ms", 250ms},
        {"065s", 65s},
        {"24h", 24h},
    }));
    CAPTURE(text);

    CHECK(parse_duration(text).value() == duration);
  }

  SECTION("ten years is the longest, whatever the unit") {
    auto const [longest, too_long] = GENERATE(table<std::string, std::string>({
        {"87600h", "87601h"},
        {"5256000m", "5256001m"},
        {"315360000s", "315360001s"},
        {"315360000000ms", "315360000001ms"},
    }));
    CAPTURE(longest, too_long);

    CHECK(parse_duration(longest).value() == 87'600h);
    CHECK(parse_duration(too_long).error() == errc::invalid_argument);
  }

  SECTION("a count whose product overflows is refused, not wrapped") {
    auto const text = GENERATE(as<std::string>{}, "5124095576030432h", "9223372036854775807ms",
                               "9223372036854775807h", "9223372036854775808ms",
                               "18446744073709551617ms", "99999999999999999999999999h");
    CAPTURE(text);

    CHECK(parse_duration(text).error() == errc::invalid_argument);
  }

  SECTION("anything else is refused") {
    auto const text =
        GENERATE(as<std::string>{}, "", "10", "s", "ms", "-1s", "+1s", "1.5s", " 1s", "1 s", "1s ",
                 "1S", "1d", "1us", "1sec", "1h30m", "1mss", "0x1s", "1s\n");
    CAPTURE(text);

    CHECK(parse_duration(text).error() == errc::invalid_argument);
  }
}

TEST_CASE("A duration is written with the largest unit that divides it", "[base]") {
  auto const [duration, text] = GENERATE(table<milliseconds, std::string>({
      {0ms, "0s"},
      {1ms, "1ms"},
      {999ms, "999ms"},
      {1s, "1s"},
      {1500ms, "1500ms"},
      {59s, "59s"},
      {60s, "1m"},
      {90s, "90s"},
      {60min, "1h"},
      {90min, "90m"},
      {24h, "24h"},
      {24h + 1ms, "86400001ms"},
      {87'600h, "87600h"},
  }));
  CAPTURE(text);

  CHECK(to_text(duration) == text);
  CHECK(parse_duration(text).value() == duration);
}
