#include "support/catch.hpp"

#include <loopscope/http/parameters.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

using namespace loopscope;
using http::choice_parameter;
using http::integer_parameter;
using http::text_parameter;

namespace {

std::vector<http::parameter> const declared{integer_parameter{"seconds", 1, 120, 30},
                                            integer_parameter{"hz", -5, 1000, 100}};
std::vector<http::parameter> const choosing{
    choice_parameter{"level", {"debug", "info", "warn error"}}};

// The seconds and the hz that a query gives.
std::pair<std::int64_t, std::int64_t> values(std::string const& query) {
  auto const checked = http::check_parameters(declared, query);
  REQUIRE(std::holds_alternative<http::arguments>(checked));
  auto const& given = std::get<http::arguments>(checked);
  return {given.integer("seconds"), given.integer("hz")};
}

// What is wrong with a query, or "" if nothing is.
std::string complaint(std::vector<http::parameter> const& known, std::string const& query) {
  auto const checked = http::check_parameters(known, query);
  auto const* wrong = std::get_if<std::string>(&checked);
  return wrong ? *wrong : "";
}

}  // namespace

TEST_CASE("An integer parameter", "[http]") {
  SECTION("takes its borders and what lies between") {
    auto const [query, seconds, hz] = GENERATE(table<std::string, std::int64_t, std::int64_t>({
        {"", 30, 100},
        {"seconds=1", 1, 100},
        {"seconds=120", 120, 100},
        {"hz=-5", 30, -5},
        {"hz=1000", 30, 1000},
        {"hz=0", 30, 0},
        {"hz=7&seconds=8", 8, 7},
        {"seconds=8&hz=7&", 8, 7},
        {"seconds=007", 7, 100},
    }));
    CAPTURE(query);

    CHECK(values(query) == std::pair{seconds, hz});
  }

  SECTION("refuses everything else, and names its range") {
    auto const value =
        GENERATE(as<std::string>{}, "0", "121", "-1", "-30", "", "x", "1x", "x1", "0x10", "1.0",
                 "1e1", "+1", "%2B1", " 1", "1 ", "1+", "--1", "1,2", "9223372036854775807",
                 "9223372036854775808", "18446744073709551617", "-9223372036854775809",
                 "340282366920938463463374607431768211457", "%31%32%31", "1%00");
    CAPTURE(value);

    CHECK(complaint(declared, "seconds=" + value) == "seconds: an integer from 1 to 120");
  }

  SECTION("refuses a name without a value") {
    CHECK(complaint(declared, "seconds") == "seconds: an integer from 1 to 120");
  }

  SECTION("names a negative border too") {
    CHECK(complaint(declared, "hz=-6") == "hz: an integer from -5 to 1000");
  }

  SECTION("reaches to the ends of 64 bits") {
    std::vector<http::parameter> const wide{integer_parameter{"n", INT64_MIN, INT64_MAX, 0}};
    auto const [value, number] = GENERATE(table<std::string, std::int64_t>({
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    }));
    CAPTURE(value);

    auto const checked = http::check_parameters(wide, "n=" + value);

    REQUIRE(std::holds_alternative<http::arguments>(checked));
    CHECK(std::get<http::arguments>(checked).integer("n") == number);
    CHECK_FALSE(complaint(wide, "n=9223372036854775808").empty());
    CHECK_FALSE(complaint(wide, "n=-9223372036854775809").empty());
  }
}

TEST_CASE("A choice parameter", "[http]") {
  SECTION("may have bytes and signs that ought to be escaped") {
    std::vector<http::parameter> const odd{choice_parameter{"a[]", {"\xc3\xa9=\"|^?/#", "x"}}};
    auto const query =
        GENERATE(as<std::string>{}, "a[]=\xc3\xa9=\"|^?/#", "a%5b]=%c3\xa9=%22|%5E?%2f#&");
    CAPTURE(query);

    auto const checked = http::check_parameters(odd, query);

    REQUIRE(std::holds_alternative<http::arguments>(checked));
    CHECK(std::get<http::arguments>(checked).choice("a[]") == "\xc3\xa9=\"|^?/#");
  }

  SECTION("takes each of its words, a plus sign or an escape standing for a space") {
    auto const [query, word] = GENERATE(table<std::string, std::string>({
        {"level=debug", "debug"},
        {"level=info", "info"},
        {"level=warn+error", "warn error"},
        {"level=warn%20error", "warn error"},
    }));
    CAPTURE(query);

    auto const checked = http::check_parameters(choosing, query);

    REQUIRE(std::holds_alternative<http::arguments>(checked));
    CHECK(std::get<http::arguments>(checked).choice("level") == word);
  }

  SECTION("may be absent if it has a value then") {
    std::vector<http::parameter> const optional{
        choice_parameter{"async", {"true", "false"}, "false"}};

    auto const absent = http::check_parameters(optional, "");
    auto const given = http::check_parameters(optional, "async=true");

    REQUIRE(std::holds_alternative<http::arguments>(absent));
    REQUIRE(std::holds_alternative<http::arguments>(given));
    CHECK(std::get<http::arguments>(absent).choice("async") == "false");
    CHECK(std::get<http::arguments>(given).choice("async") == "true");
    CHECK(complaint(optional, "async=") == "async: one of true false");
  }

  SECTION("has to be there and to be one of them") {
    auto const query = GENERATE(as<std::string>{}, "", "level", "level=", "level=DEBUG",
                                "level=info%20", "level=warn", "level=trace", "level=warn%2Berror");
    CAPTURE(query);

    CHECK(complaint(choosing, query) == "level: one of debug info warn error");
  }
}

TEST_CASE("The parameters of a request", "[http]") {
  SECTION("may have percent-encoded names and values") {
    CHECK(values("%73econds=%31%32").first == 12);
  }

  SECTION("may not be unknown") {
    auto const [query, name] = GENERATE(table<std::string, std::string>({
        {"secs=5", "secs"},
        {"Seconds=5", "Seconds"},
        {"seconds=5&x", "x"},
        {"seconds%20=5", "seconds "},
        {"+seconds=5", " seconds"},
        {"seconds%3D5", "seconds=5"},
        {"seconds=5;hz=5", ""},
    }));
    CAPTURE(query);

    if (name.empty())
      CHECK(complaint(declared, query) == "seconds: an integer from 1 to 120");
    else
      CHECK(complaint(declared, query) == name + ": unknown parameter");
  }

  SECTION("may not be repeated, even with the same value or another spelling") {
    auto const query = GENERATE(as<std::string>{}, "seconds=5&seconds=5", "seconds=5&seconds=500",
                                "seconds=5&hz=5&%73econds=6");
    CAPTURE(query);

    CHECK(complaint(declared, query) == "seconds: given more than once");
  }

  SECTION("may not be empty between two ampersands") {
    auto const query = GENERATE(as<std::string>{}, "&", "&seconds=5", "seconds=5&&hz=5", "=5", "=");
    CAPTURE(query);

    CHECK_THAT(complaint(declared, query), Catch::Matchers::EndsWith("unknown parameter"));
  }

  SECTION("may not have a malformed escape") {
    auto const query = GENERATE(as<std::string>{}, "%", "seconds=%", "seconds=%3", "%7=5",
                                "seconds=5&x=%zz", "seconds%=5");
    CAPTURE(query);

    CHECK(complaint(declared, query) == "the query has a malformed percent escape");
  }

  SECTION("are wrong on a route that has none, but for an empty query") {
    CHECK(complaint({}, "").empty());
    CHECK(complaint({}, "a=1") == "a: unknown parameter");
    CHECK(complaint({}, "a") == "a: unknown parameter");
  }

  SECTION("are complained of in plain ASCII, whatever the client sent") {
    auto const query = GENERATE(as<std::string>{}, "%ff=1", "\xc3\xa9=1", "%00=1", "a%0Ab=1",
                                "%1b%5B2J=1", "%ff=1&%ff=1", "%7f");
    CAPTURE(query);

    auto const text = complaint(declared, query);

    REQUIRE_FALSE(text.empty());
    CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
  }
}

TEST_CASE("A text parameter", "[http]") {
  std::vector<http::parameter> const known{text_parameter{"name", "the name of a file"}};

  SECTION("is taken as it is, decoded") {
    auto const checked = http::check_parameters(known, "name=a%20b+c%00%ff");

    REQUIRE(std::holds_alternative<http::arguments>(checked));
    CHECK(std::get<http::arguments>(checked).text("name") == std::string{"a b c\0\xff", 7});
  }

  SECTION("has to be there, and not empty") {
    CHECK(complaint(known, "") == "name: the name of a file");
    CHECK(complaint(known, "name") == "name: the name of a file");
    CHECK(complaint(known, "name=") == "name: the name of a file");
    CHECK(complaint(known, "name=a&name=b") == "name: given more than once");
  }
}
