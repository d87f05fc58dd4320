#include "support/catch.hpp"

#include <loopscope/http/chunked_decoder_impl.hpp>

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <string>
#include <string_view>

using namespace loopscope;
using namespace std::string_literals;
using boost::beast::http::error;

namespace {

// A chunked body that is read in pieces of `step` bytes, with a limit of 100 bytes for the content
// and of 50 for extensions and trailers.
struct decoding {
  std::string body;
  boost::beast::error_code ended = error::need_more;
  std::size_t taken = 0;

  explicit decoding(std::string_view text, std::size_t step = std::string::npos) {
    http::chunked_decoder decoder{bytes(100), bytes(50)};
    while (ended == error::need_more && taken < text.size()) {
      auto const piece = text.substr(taken, step);
      taken += decoder.put(piece, body, ended);
    }
    CHECK(decoder.is_done() == !ended);
  }
};

boost::beast::error_code error_of(std::string const& text) {
  auto const whole = decoding{text}.ended;
  auto const in_bytes = decoding{text, 1}.ended;
  CAPTURE(text);
  CHECK(whole == in_bytes);
  return whole;
}

bool is_accepted(std::string const& text) {
  return !error_of(text);
}

}  // namespace

TEST_CASE("A chunked body", "[http]") {
  auto const step = GENERATE(std::size_t{1}, std::size_t{3}, std::string::npos);
  CAPTURE(step);

  SECTION("is put together, however it arrives") {
    auto const [text, content] = GENERATE(table<std::string, std::string>({
        {"0\r\n\r\n", ""},
        {"3\r\nabc\r\n0\r\n\r\n", "abc"},
        {"3\r\nabc\r\n00002\r\nde\r\n000\r\n\r\n", "abcde"},
        {"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
        {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
        {"1;a\r\nx\r\n0;b=c\r\n\r\n", "x"},
        {"1 ; a = b ; c=\"d;\\\"\\\\ \t\xff\"\r\nx\r\n0\r\n\r\n", "x"},
        {"1\r\nx\r\n0\r\nX-A: b\r\nConnection: close\r\n\r\n", "x"},
        {"1\r\nx\r\n0\r\nContent-Length: 7\r\nTransfer-Encoding: gzip\r\n\r\n", "x"},
    }));
    CAPTURE(text);

    decoding const read{text + "next", step};

    CHECK_FALSE(read.ended);
    CHECK(read.body == content);
    CHECK(read.taken == text.size());
  }
}

TEST_CASE("A chunked body is refused", "[http]") {
  SECTION("without a size, or with one that is none") {
    auto const size = GENERATE(as<std::string>{}, "", "x", "-1", "+1", " 1", "0x1", "1x", "1 ",
                               "1 x", "10000000000000000", "ffffffffffffffffff");

    CHECK(error_of(size + "\r\nabc\r\n0\r\n\r\n") == error::bad_chunk);
  }

  SECTION("if its lines end with anything but CR LF") {
    auto const text = GENERATE(as<std::string>{}, "1\nx\r\n0\r\n\r\n", "1\r\nx\n0\r\n\r\n",
                               "1\rx\r\n0\r\n\r\n", "1\r\nx\r\r\n0\r\n\r\n", "1\r\nx0\r\n\r\n",
                               "1\r\nxy\r\n0\r\n\r\n", "0\n\r\n", "\r\n0\r\n\r\n");

    CHECK(error_of(text) == error::bad_chunk);
  }

  SECTION("if an extension is none, at the end of its line at the latest") {
    auto const extension =
        GENERATE(as<std::string>{}, ";", ";;a", ";a;", ";a=", ";=b", ";a=b=c", ";a b", ";a ",
                 ";a= ", ";a=\"b", ";a=\"b\\\"", ";a=\"b\\", ";a=\"b\"c", ";a=\"b\" c", ";a=b c",
                 ";a=(b)", ";(a)", ";a=\"b\nc\"", ";a=\"b\rc\"", ";a=\"\x7f\"");

    CHECK(error_of("1" + extension + "\r\n") == error::bad_chunk_extension);
    CHECK(error_of("0" + extension + "\r\n") == error::bad_chunk_extension);
  }

  SECTION("if a trailer is no field") {
    auto const trailer = GENERATE(as<std::string>{}, "X", "X : a", ": a", " X: a", "X: a\n",
                                  "X: \x01", "X: a\rb", "X: a\r\n b");

    CHECK(error_of("0\r\n" + trailer + "\r\n\r\n") == error::bad_field);
  }
}

TEST_CASE("A chunked body has limits", "[http]") {
  SECTION("of its content") {
    auto const half = "32\r\n" + std::string(50, 'x') + "\r\n";
    CHECK(is_accepted(half + half + "0\r\n\r\n"));
    CHECK(error_of(half + half + "1\r\nx") == error::body_limit);
    CHECK(error_of("64\r\n") == error::need_more);
    CHECK(error_of("65\r\n") == error::body_limit);
    CHECK(error_of("ffffffffffffffff\r\n") == error::body_limit);
  }

  SECTION("of extensions and trailers together") {
    auto const trailer = [](std::size_t size) {
      return "X:" + std::string(size - 2, 'x') + "\r\n";
    };
    CHECK(is_accepted("0\r\n" + trailer(50) + "\r\n"));
    CHECK(is_accepted("0\r\n" + trailer(25) + trailer(25) + "\r\n"));
    CHECK(error_of("0\r\n" + trailer(25) + trailer(24) + trailer(100)) == error::header_limit);
    CHECK(error_of("0\r\nX:" + std::string(1000, 'x')) == error::header_limit);
    CHECK(error_of("0\r\n" + trailer(25) + trailer(25) + trailer(3)) == error::header_limit);
    CHECK(error_of("1;a=" + std::string(1000, 'x')) == error::bad_chunk_extension);
    auto const long_chunk = "1;a=" + std::string(36, 'x') + "\r\nx\r\n";
    CHECK(is_accepted(long_chunk + long_chunk + "0\r\n\r\n"));
    CHECK(error_of(long_chunk + long_chunk + long_chunk) == error::bad_chunk_extension);
    CHECK(error_of(std::string(1000, '0')) == error::bad_chunk);
  }

  SECTION("but may be in as many chunks as it has bytes") {
    std::string text;
    for (int i = 0; i < 100; ++i) text += "1\r\nx\r\n";

    CHECK(decoding{text + "0\r\n\r\n"}.body.size() == 100);
  }
}

TEST_CASE("Each byte has its places in chunks", "[http]") {
  constexpr std::string_view token_chars =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    std::string const c(1, static_cast<char>(byte));
    auto const is_text = (byte >= 0x20 && byte != 0x7f) || c == "\t";
    auto const in_name = token_chars.find(c[0]) != std::string_view::npos;

    CHECK(is_accepted("0;a" + c + "b\r\n\r\n") == (in_name || c == ";" || c == "="));
    CHECK(is_accepted("0;a=b" + c + "c\r\n\r\n") == (in_name || c == ";"));
    CHECK(is_accepted("0;a=\"b" + c + "c\"\r\n\r\n") == (is_text && c != "\""));
    CHECK(is_accepted("0;a=\"b\\" + c + "c\"\r\n\r\n") == is_text);
    CHECK(is_accepted("0\r\nX" + c + "Y: a\r\n\r\n") == (in_name || c == ":"));
    CHECK(is_accepted("0\r\nX: a" + c + "b\r\n\r\n") == is_text);
  }
}
