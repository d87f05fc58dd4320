#include "support/catch.hpp"
#include "support/live_server.hpp"

#include <loopscope/base/work_label.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace loopscope;
using http::status;
using http::verb;
using test::peer;
using test::request;

namespace {

std::string label_now() {
  return current_work_label ? std::string{*current_work_label} : "none";
}

http::response tell_label(http::request const&) {
  return http::text(status::ok, "text/plain", label_now());
}

http::response echo(http::request const& asked) {
  return http::text(status::ok, "text/plain", asked.body);
}

http::response fail(http::request const&) {
  throw std::runtime_error{"the secret reason"};
}

// More than a socket's buffers take at once.
http::response tell_much(http::request const&) {
  std::string much;
  much.resize(20'000'000, 'x');
  return http::text(status::ok, "text/plain", std::move(much));
}

std::vector<http::route> routes() {
  using http::access;
  return {
      {verb::get, "/label", access::open, tell_label, ""},
      {verb::post, "/echo", access::open, echo, "", {}, bytes(10)},
      {verb::get, "/fail", access::open, fail, ""},
      {verb::get, "/much", access::open, tell_much, ""},
  };
}

}  // namespace

TEST_CASE("A handler that waits for nothing", "[http]") {
  test::live_server server{routes()};
  peer client{server};

  SECTION("works under its route's label, and nothing after it does") {
    CHECK(client.ask(request("GET /label")).body() == "/label");
    CHECK(label_now() == "none");
  }

  SECTION("is given a body that came with the head") {
    CHECK(client.ask(request("POST /echo", {"Content-Length: 3"}) + "abc").body() == "abc");
  }

  SECTION("is given a body that came later") {
    client.send(request("POST /echo", {"Content-Length: 3"}));
    client.send("ab");

    CHECK(client.ask("c").body() == "abc");
  }

  SECTION("is not reached by a body beyond the limit") {
    auto const response = client.ask(request("POST /echo", {"Content-Length: 11"}) + "01234567890");

    CHECK(response.result() == status::payload_too_large);
  }

  SECTION("may fail: 500, no details, and the connection goes on") {
    auto const response = client.ask(request("GET /fail"));

    CHECK(response.result() == status::internal_server_error);
    CHECK_THAT(response.body(), !test::ContainsSubstring("secret"));
    CHECK(label_now() == "none");
    CHECK(client.ask(request("GET /label")).result() == status::ok);
  }

  SECTION("may respond with more than the kernel takes at once") {
    client.send(request("GET /much", {"Connection: close"}));

    auto const text = client.read_to_end();

    CHECK_THAT(text, test::ContainsSubstring("Content-Length: 20000000\r\n"));
    CHECK(text.size() == text.find("\r\n\r\n") + 4 + 20'000'000);
  }

  SECTION("responds to requests that came together in their order") {
    client.send(request("POST /echo", {"Content-Length: 1"}) + "a" + request("GET /label") +
                request("POST /echo", {"Content-Length: 1"}) + "b");

    CHECK(client.read().body() == "a");
    CHECK(client.read().body() == "/label");
    CHECK(client.read().body() == "b");
  }
}
