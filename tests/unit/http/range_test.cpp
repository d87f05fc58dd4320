#include "support/catch.hpp"

#include <loopscope/http/range.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace loopscope;
using http::byte_range;
using http::parse_range;

TEST_CASE("A Range header", "[http]") {
  SECTION("asks for a piece of 100 bytes") {
    auto const [header, begin, end] = GENERATE(table<std::string, std::uint64_t, std::uint64_t>({
        {"bytes=0-0", 0, 1},
        {"bytes=0-9", 0, 10},
        {"bytes=10-19", 10, 20},
        {"bytes=98-98", 98, 99},
        {"bytes=99-99", 99, 100},
        {"bytes=0-99", 0, 100},
        {"bytes=0-100", 0, 100},
        {"bytes=99-1000", 99, 100},
        {"bytes=5-18446744073709551615", 5, 100},
        {"bytes=5-99999999999999999999999", 5, 100},
        {"bytes=0-", 0, 100},
        {"bytes=99-", 99, 100},
        {"bytes=-1", 99, 100},
        {"bytes=-100", 0, 100},
        {"bytes=-101", 0, 100},
        {"bytes=-99999999999999999999999", 0, 100},
        {"bytes= 1-2", 1, 3},
        {"Bytes=1-2", 1, 3},
        {"bytes=1-2 \t", 1, 3},
        {"bytes=007-008", 7, 9},
    }));
    CAPTURE(header);

    auto const range = parse_range(header, bytes(100));

    REQUIRE(range);
    REQUIRE(range->has_value());
    CHECK((*range)->begin == bytes(begin));
    CHECK((*range)->end == bytes(end));
    CHECK((*range)->length() == bytes(end - begin));
  }

  SECTION("may have empty elements, and pieces that are not there beside the one that is") {
    auto const header = GENERATE(as<std::string>{}, "bytes=1-2,", "bytes=,1-2", "bytes= , ,1-2 ,,",
                                 "bytes=1-2,100-", "bytes=200-300, 1-2", "bytes=-0,1-2");
    CAPTURE(header);

    CHECK(*parse_range(header, bytes(100)) == byte_range{{1}, {3}});
  }

  SECTION("gets the whole if it asks for several pieces that are there") {
    auto const header =
        GENERATE(as<std::string>{}, "bytes=0-0,5-5", "bytes=0-0, 5-5", "bytes=0-,-1",
                 "bytes=0-0,0-0", "bytes=0-0,,5-5", "bytes=0-0,100-,5-5");
    CAPTURE(header);

    auto const range = parse_range(header, bytes(100));

    REQUIRE(range);
    CHECK_FALSE(range->has_value());
  }

  SECTION("cannot be satisfied beyond the end") {
    auto const header = GENERATE(as<std::string>{}, "bytes=100-", "bytes=100-100", "bytes=100-200",
                                 "bytes=18446744073709551615-", "bytes=99999999999999999999999-",
                                 "bytes=99999999999999999999999-99999999999999999999999",
                                 "bytes=-0", "bytes=100-,200-", "bytes=100-,-0");
    CAPTURE(header);

    auto const range = parse_range(header, bytes(100));

    REQUIRE(range.has_error());
    CHECK(range.error() == errc::range_unsatisfiable);
  }

  SECTION("does not count if it is absent, of another unit or malformed") {
    auto const header = GENERATE(
        as<std::string>{}, "", "bytes", "bytes=", "bytes= ", "bytes=-", "bytes=--1", "bytes=1",
        "bytes=a-b", "bytes=1-b", "bytes=a-1", "bytes=0x1-2", "bytes=-a", "bytes=+1-2",
        "bytes=1-+2", "bytes=1 -2", "bytes=1- 2", "bytes=1-2-3", "bytes=2-1", "bytes=101-100",
        "items=0-1", "0-1", "bytes 0-1", " bytes=0-1", "bytes=,", "bytes=1-0,2-3", "bytes=1-2,x");
    CAPTURE(header);

    auto const range = parse_range(header, bytes(100));

    REQUIRE(range);
    CHECK_FALSE(range->has_value());
  }

  SECTION("is not read beyond its end, as AddressSanitizer would see") {
    std::string_view const text = "bYtes=";
    std::vector<char> const exact{text.begin(), text.end()};

    auto const range = parse_range({exact.data(), exact.size()}, bytes(100));

    REQUIRE(range);
    CHECK_FALSE(range->has_value());
  }

  SECTION("cannot be satisfied by nothing") {
    auto const header =
        GENERATE(as<std::string>{}, "bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0", "bytes=1-2");
    CAPTURE(header);

    CHECK(parse_range(header, bytes(0)).error() == errc::range_unsatisfiable);
  }

  SECTION("can ask for the only byte") {
    auto const header = GENERATE(as<std::string>{}, "bytes=0-", "bytes=0-0", "bytes=-1");
    CAPTURE(header);

    CHECK(*parse_range(header, bytes(1)) == byte_range{{0}, {1}});
  }
}

TEST_CASE("Content-Range names the first and the last byte of a piece, and the whole", "[http]") {
  auto const [begin, end, text] = GENERATE(table<std::uint64_t, std::uint64_t, std::string>({
      {0, 1, "bytes 0-0/100"},
      {10, 20, "bytes 10-19/100"},
      {99, 100, "bytes 99-99/100"},
      {0, 100, "bytes 0-99/100"},
  }));
  CAPTURE(text);

  CHECK(http::content_range({{begin}, {end}}, bytes(100)) == text);
}
