#include "support/catch.hpp"

#include <loopscope/http/request_reader_impl.hpp>
#include <loopscope/http/request_rules_impl.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace loopscope;
using http::status;

namespace {

// The head of these bytes, which Beast's parser has to accept.
struct parsed_head {
  http::request_head head;

  explicit parsed_head(std::string text) {
    http::request_reader reader{head, kibibytes(16)};
    boost::beast::error_code error;
    reader.put_head(boost::asio::buffer(text), error);
    INFO(text << error.message());
    REQUIRE(reader.is_head_done());
  }
};

std::string post(std::string const& fields, std::string const& version = "1.1") {
  return "POST / HTTP/" + version + "\r\n" + fields + "\r\n";
}

struct example {
  std::string_view rule;
  std::string head;
  status code;
};

// At least one for each rule.
std::vector<example> const examples{
    {"coding in HTTP/1.0", post("Transfer-Encoding: chunked\r\n", "1.0"), status::bad_request},
    {"coding in HTTP/1.0", post("Transfer-Encoding: gzip\r\n", "1.0"), status::bad_request},
    {"length beside a coding",
     post("Host: a\r\nTransfer-Encoding: xchunked\r\nContent-Length: 1\r\n"), status::bad_request},
    {"several lengths", post("Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n"),
     status::bad_request},
    {"several lengths", post("Host: a\r\nContent-Length: 1, 1\r\n"), status::bad_request},
    {"unknown coding", post("Host: a\r\nTransfer-Encoding: xchunked\r\n"), status::not_implemented},
    {"unknown coding", post("Transfer-Encoding: gzip, chunked\r\n"), status::not_implemented},
    {"unknown coding", post("Transfer-Encoding: chunked, gzip\r\n"), status::not_implemented},
    {"unknown coding", post("Transfer-Encoding: identity\r\n"), status::not_implemented},
    {"unknown coding", post("Transfer-Encoding: chunked;a=b\r\n"), status::not_implemented},
    {"unknown coding", post("Transfer-Encoding: \"chunked\"\r\n"), status::not_implemented},
    {"unknown coding", post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
     status::not_implemented},
    {"coding not plain", post("Host: a\r\nTransfer-Encoding: chunked, chunked\r\n"),
     status::bad_request},
    {"coding not plain", post("Host: a\r\nTransfer-Encoding:\r\n"), status::bad_request},
    {"coding not plain", post("Host: a\r\nTransfer-Encoding: ,\r\n"), status::bad_request},
    {"coding not plain", post("Host: a\r\nTransfer-Encoding: chunked,\r\n"), status::bad_request},
    {"missing Host", post(""), status::bad_request},
    {"several Hosts", post("Host: a\r\nHost: a\r\n"), status::bad_request},
    {"several Hosts", post("Host: a\r\nX: y\r\nhOST: b\r\n", "1.0"), status::bad_request},
    {"malformed Host", post("Host: u@l/x\r\n"), status::bad_request},
    {"malformed Host", post("Host: a, b\r\n", "1.0"), status::bad_request},
};

}  // namespace

TEST_CASE("Every rule for heads", "[http]") {
  SECTION("is broken by its examples, and by no earlier rule") {
    for (auto const& each : examples) {
      CAPTURE(each.head);
      auto const* const broken = http::broken_rule(parsed_head{each.head}.head);

      REQUIRE(broken);
      CHECK(broken->name == each.rule);
      CHECK(broken->code == each.code);
      CHECK_FALSE(broken->detail.empty());
    }
  }

  SECTION("has an example") {
    for (auto const& rule : http::head_rules()) {
      CAPTURE(rule.name);
      CHECK(std::any_of(examples.begin(), examples.end(),
                        [&](example const& each) { return each.rule == rule.name; }));
    }
  }

  SECTION("is kept by ordinary heads") {
    auto const text =
        GENERATE(as<std::string>{}, post("Host: a\r\n"), post("Host:\r\n"), post("", "1.0"),
                 post("Host: [::1]:80\r\n"), post("Host: a\r\nContent-Length: 0\r\n"),
                 post("Host: a\r\nContent-Length: 007\r\n"),
                 post("Host: a\r\nTransfer-Encoding: chunked\r\n"),
                 post("Host: a\r\nTransfer-Encoding:\tChunked \r\n"), post("Host: a\r\n", "1.2"));
    CAPTURE(text);

    CHECK(http::broken_rule(parsed_head{text}.head) == nullptr);
  }
}

TEST_CASE("Connection is a list over all its lines", "[http]") {
  auto const [version, fields, keeps] = GENERATE(table<std::string, std::string, bool>({
      {"1.1", "", true},
      {"1.1", "Connection: keep-alive\r\n", true},
      {"1.1", "Connection: close\r\n", false},
      {"1.1", "Connection: CLOSE\r\n", false},
      {"1.1", "Connection: keep-alive, close\r\n", false},
      {"1.1", "Connection: close, keep-alive\r\n", false},
      {"1.1", "Connection: x\r\nConnection: close\r\n", false},
      {"1.1", "Connection: upgrade ,\tclose\r\n", false},
      {"1.1", "Connection: , close,\r\n", false},
      {"1.1", "Connection: closed\r\n", true},
      {"1.1", "Connection: x-close\r\n", true},
      {"1.1", "Proxy-Connection: close\r\n", true},
      {"1.0", "", false},
      {"1.0", "Connection: keep-alive\r\n", true},
      {"1.0", "Connection: Keep-Alive\r\n", true},
      {"1.0", "Connection: keep-alive, close\r\n", false},
      {"1.0", "Connection: close\r\nConnection: keep-alive\r\n", false},
      {"1.0", "Connection: x\r\nConnection: keep-alive\r\n", true},
      {"1.0", "Connection: x\r\n", false},
  }));
  CAPTURE(version, fields);

  CHECK(http::keeps_connection(parsed_head{post(fields, version)}.head) == keeps);
}

TEST_CASE("A client waits for 100 Continue", "[http]") {
  auto const [version, expectation, waits] = GENERATE(table<std::string, std::string, bool>({
      {"1.1", "100-continue", true},
      {"1.1", "100-Continue", true},
      {"1.2", "100-continue", true},
      {"1.1", "200-ok", false},
      {"1.1", "", false},
      {"1.0", "100-continue", false},
  }));
  CAPTURE(version, expectation);

  auto const with = parsed_head{post("Expect: " + expectation + "\r\n", version)};
  CHECK(http::expects_continue(with.head) == waits);
}
