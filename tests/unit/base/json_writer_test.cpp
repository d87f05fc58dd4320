#include "support/catch.hpp"

#include <loopscope/base/json_writer.hpp>

#include <boost/json/parse.hpp>

#include <cstdint>
#include <limits>
#include <string>

using namespace loopscope;
using namespace std::string_literals;

namespace {

template <class Value>
std::string object_with(Value const& value) {
  std::string text;
  json_writer{text}.begin_object().member("k", value).end_object();
  return text;
}

std::string string_of(std::string_view text, json_writer::encoding encoding) {
  std::string written;
  json_writer{written, encoding}.value(text);
  return written;
}

}  // namespace

TEST_CASE("JSON is written token by token", "[base]") {
  std::string written;
  json_writer out{written};

  SECTION("in the order they come in") {
    out.begin_object().member("b", true).member("a", -1).member("c", 2u);
    out.key("d").json(R"([1,{}])").end_object();

    CHECK(written == R"({"b":true,"a":-1,"c":2,"d":[1,{}]})");
  }

  SECTION("and may hold nothing") {
    out.begin_array().begin_object().end_object().begin_array().end_array().end_array();

    CHECK(written == "[{},[]]");
  }

  SECTION("with a comma just between two elements") {
    out.begin_array().value(1).begin_object().member("a", nullptr).end_object().value("x");
    out.begin_array().value(2).end_array().end_array();

    CHECK(written == R"([1,{"a":null},"x",[2]])");
  }

  SECTION("after what is there already") {
    written = "data: ";
    out.value(1);

    CHECK(written == "data: 1");
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

TEST_CASE("A JSON string", "[base]") {
  SECTION("keeps UTF-8, and replaces what is none") {
    auto const [text, quoted] = GENERATE(table<std::string, std::string>({
        {"", R"("")"},
        {"a \"b\" \\ /", R"("a \"b\" \\ /")"},
        {"\n\t\x01\0"s, R"("\u000a\u0009\u0001\u0000")"},
        {"\x7F\xC3\xA9", "\"\x7F\xC3\xA9\""},
        {"\xFF", "\"\xEF\xBF\xBD\""},
        {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
    }));

    CHECK(string_of(text, json_writer::encoding::utf8) == quoted);
  }

  SECTION("is ASCII alone where that is asked for") {
    auto const [text, quoted] = GENERATE(table<std::string, std::string>({
        {"a\"\x7f", R"("a\"\u007f")"},
        {"\xff\xc3\xa9", R"("\u00ff\u00c3\u00a9")"},
    }));

    CHECK(string_of(text, json_writer::encoding::ascii) == quoted);
  }
}
