#include "support/catch.hpp"

#include <loopscope/http/request_reader_impl.hpp>

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <string>
#include <string_view>

using namespace loopscope;
using namespace std::string_literals;

namespace {

constexpr std::string_view token_chars =
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

enum class fate { incomplete, complete, refused };

// A head that is read in pieces of `step` bytes.
struct reading {
  http::request_head head;
  fate ended = fate::incomplete;
  std::size_t taken = 0;

  explicit reading(std::string text, std::size_t step = std::string::npos) {
    http::request_reader reader{head, kibibytes(16)};
    std::size_t here = 0;
    while (ended == fate::incomplete && here < text.size()) {
      here += std::min(step, text.size() - here);
      boost::beast::error_code error;
      taken += reader.put_head(boost::asio::buffer(text.data() + taken, here - taken), error);
      if (reader.is_head_done())
        ended = fate::complete;
      else if (error != boost::beast::http::error::need_more)
        ended = fate::refused;
    }
  }
};

fate fate_of(std::string const& text) {
  auto const whole = reading{text}.ended;
  auto const in_bytes = reading{text, 1}.ended;
  CAPTURE(text);
  CHECK(whole == in_bytes);
  return whole;
}

bool is_token_char(char c) {
  return token_chars.find(c) != std::string_view::npos;
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

std::string get(std::string const& fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("A request's head", "[http]") {
  auto const step = GENERATE(std::size_t{1}, std::size_t{7}, std::string::npos);
  CAPTURE(step);

  SECTION("is taken apart, however it arrives") {
    auto const text =
        "PUT /a?b HTTP/1.1\r\nHost: lab.test\r\nX-A:\t one \r\nx-a: two\r\nEmpty:\r\n\r\n"s;
    reading const read{text + "body", step};

    REQUIRE(read.ended == fate::complete);
    CHECK(read.taken == text.size());
    CHECK(read.head.method() == http::verb::put);
    CHECK(read.head.target() == "/a?b");
    CHECK(read.head.version() == 11);
    CHECK(read.head[http::field::host] == "lab.test");
    CHECK(read.head.find("X-a").count == 2);
    CHECK(read.head.find("X-a").first == "one");
    CHECK(read.head.find("empty").count == 1);
    CHECK(read.head.find("empty").first.empty());
    CHECK(read.head.find("none").count == 0);
    CHECK(read.head[http::field::accept].empty());
  }

  SECTION("may have a method that nobody knows") {
    reading const read{"BREW / HTTP/1.0\r\n\r\n", step};

    CHECK(read.head.method() == http::verb::unknown);
    CHECK(read.head.method_text() == "BREW");
    CHECK(read.head.version() == 10);
  }

  SECTION("may come behind empty lines") {
    auto const lines = GENERATE(as<std::string>{}, "\r\n", "\r\n\r\n\r\n");
    auto const text = lines + get("");
    reading const read{text, step};

    CHECK(read.ended == fate::complete);
    CHECK(read.taken == text.size());
  }

  SECTION("of a later minor version is one of HTTP/1.1") {
    auto const version = GENERATE(as<std::string>{}, "1.2", "1.9");
    reading const read{"GET / HTTP/" + version + "\r\nHost: a\r\nX: HTTP/1.2\r\n\r\n", step};

    REQUIRE(read.ended == fate::complete);
    CHECK(read.head.version() == 11);
    CHECK(read.head.find("x").first == "HTTP/1.2");
  }
}

TEST_CASE("The lines of a list field are one list", "[http]") {
  reading const read{get("If-Match: \"a\"\r\nX: y\r\nIf-Match: \"b\", \"c\"\r\n")};

  CHECK(read.head.joined(http::field::if_match) == R"("a", "b", "c")");
  CHECK(read.head.joined(http::field::if_none_match).empty());
}

TEST_CASE("A head is refused", "[http]") {
  SECTION("if it is none of HTTP/1") {
    auto const line = GENERATE(
        as<std::string>{}, "GET", "GET /", "GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/1",
        "GET / HTTP/1.", "GET / HTTP/1.10", "GET / HTTP/11", "GET / http/1.1", "GET / HTTP/1.x",
        "GET / HTTP/1.1 ", "GET  / HTTP/1.1", " GET / HTTP/1.1", "GET /  HTTP/1.1",
        "GET\t/ HTTP/1.1", "G(T / HTTP/1.1", "/ HTTP/1.1", "GET / a HTTP/1.1", "GET  HTTP/1.1");

    CHECK(fate_of(line + "\r\nHost: a\r\n\r\n") == fate::refused);
  }

  SECTION("if a line ends with anything but CR LF") {
    auto const text = GENERATE(as<std::string>{}, "GET / HTTP/1.1\nHost: a\n\n",
                               "GET / HTTP/1.1\r\nHost: a\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\r\n",
                               "GET / HTTP/1.1\rHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\n",
                               "GET / HTTP/1.1\r\nHost: a\r\n\rX\r\n\r\n",
                               "\nGET / HTTP/1.1\r\n\r\n", "\rGET / HTTP/1.1\r\n\r\n");

    CHECK(fate_of(text) == fate::refused);
  }

  SECTION("if a field goes on in the next line") {
    auto const fields =
        GENERATE(as<std::string>{}, "X: a\r\n b\r\n", "X: a\r\n\tb\r\n", "X:\r\n b\r\n",
                 "X: \r\n \r\n", "X: a\r\n \r\n", " X: a\r\n", "X: a\r\n b\r\n c\r\n");

    CHECK(fate_of(get(fields)) == fate::refused);
    CHECK(fate_of("GET / HTTP/1.1\r\n" + fields + "Host: a\r\n\r\n") == fate::refused);
  }

  SECTION("if a field has no name, or no colon right behind it") {
    auto const fields = GENERATE(as<std::string>{}, ": a\r\n", "X\r\n", "X : a\r\n", "X\t: a\r\n",
                                 "X Y: a\r\n", "=: a\r\n x\r\n");

    CHECK(fate_of(get(fields)) == fate::refused);
  }
}

TEST_CASE("Each byte has its places in a head", "[http]") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    std::string const c(1, static_cast<char>(byte));
    auto const in_name = is_token_char(c[0]);
    auto const in_value = !is_control(c[0]);

    CHECK((fate_of("G" + c + "T / HTTP/1.1\r\nHost: a\r\n\r\n") == fate::complete) == in_name);
    CHECK((fate_of(get("X" + c + "Y: a\r\n")) == fate::complete) == (in_name || c == ":"));
    CHECK((fate_of(get("X: a" + c + "b\r\n")) == fate::complete) == in_value);
    CHECK((fate_of(get("X:" + c + "\r\n")) == fate::complete) == in_value);
    auto const in_target = static_cast<unsigned char>(c[0]) > 0x20 && c[0] != 0x7f;
    CHECK((fate_of("GET /a" + c + "b HTTP/1.1\r\nHost: a\r\n\r\n") == fate::complete) == in_target);
    CHECK((fate_of("GET / HTTP/1" + c + "1\r\nHost: a\r\n\r\n") == fate::complete) == (c == "."));
    CHECK((fate_of("GET /" + c + "HTTP/1.1\r\nHost: a\r\n\r\n") == fate::complete) == (c == " "));
  }
}

TEST_CASE("A line of a head is judged when it is complete, however it arrives", "[http]") {
  auto const start = GENERATE(as<std::string>{}, "", "GET / HTTP/1.1\r\n",
                              "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n");
  CAPTURE(start);

  SECTION("and refused if it is none") {
    auto const line = GENERATE(as<std::string>{}, "bad line\r\nX", "X : y\r\nX", "=\r\nX",
                               "\x16\x03", "X: a\n", "X: a\rb", "X: \x7f");

    CHECK(fate_of(start + line) == fate::refused);
  }

  SECTION("and waited for if it is not complete") {
    auto const line = start.empty() ? "GET / HTTP/1." : "X-Field: value";
    CHECK(fate_of(start + line) == fate::incomplete);
    CHECK(fate_of(start + line + "\r") == fate::incomplete);
  }
}
