#include "support/catch.hpp"

#include <loopscope/base/json_text.hpp>

#include <boost/json/parse.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

using namespace loopscope;

namespace {

template <class Value>
std::string object_with(Value const& value) {
  json_text text;
  text.add("k", value);
  return text.finish();
}

}  // namespace

TEST_CASE("A JSON object is written member by member", "[base]") {
  SECTION("in the order they come in") {
    json_text text;
    text.add("b", true).add("a", -1).add("c", 2u).add_json("d", R"([1,{}])");
    auto const written = text.finish();

    CHECK(written == R"({"b":true,"a":-1,"c":2,"d":[1,{}]})");
  }

  SECTION("and may have none") {
    CHECK(json_text{}.finish() == "{}");
  }
}

TEST_CASE("Numbers are written in full", "[base]") {
  CHECK(object_with(std::numeric_limits<std::int64_t>::min()) == R"({"k":-9223372036854775808})");
  CHECK(object_with(std::numeric_limits<std::uint64_t>::max()) == R"({"k":18446744073709551615})");
  CHECK(object_with(0.25) == R"({"k":0.25})");
  CHECK(object_with(2.0) == R"({"k":2})");
  CHECK(object_with(std::numeric_limits<double>::infinity()) == R"({"k":null})");
  CHECK(object_with(std::numeric_limits<double>::quiet_NaN()) == R"({"k":null})");
}

TEST_CASE("Every text comes back as it was", "[base]") {
  auto const text = GENERATE(as<std::string>{}, "", "plain", "\"", "\\", "a\"b\\c",
                             std::string("\0\x1f\n\x7f", 4), "gr\xc3\xbc\xc3\x9f", "\"\"\"");
  CAPTURE(text);

  auto const written = object_with(text);

  CHECK(boost::json::parse(written).at("k").as_string() == text);
}
