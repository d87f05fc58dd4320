#include "support/catch.hpp"
#include "support/live_server.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace asio = boost::asio;
using namespace loopscope;
using http::field;
using http::status;
using http::verb;
using test::peer;
using test::request;

namespace {

asio::awaitable<http::response> greet(http::request const&) {
  co_return http::text(status::ok, "text/plain", "hello");
}

asio::awaitable<http::response> echo(http::request const& asked) {
  co_return http::text(status::ok, "text/plain", asked.body);
}

asio::awaitable<http::response> name_segment(http::request const& asked) {
  auto const times = static_cast<std::size_t>(asked.parameters.integer("times"));
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += asked.path_segment;
  co_return http::text(status::ok, "text/plain", text);
}

asio::awaitable<http::response> fail(http::request const&) {
  throw std::runtime_error{"the secret reason"};
  co_return http::empty(status::ok);
}

// `size` bytes, and an error once `readable` of them were read.
struct letters final : http::body_source {
  std::size_t length;
  std::size_t readable;
  std::size_t done = 0;

  letters(std::size_t all, std::size_t until) : length{all}, readable{until} {}

  [[nodiscard]] byte_count size() const override { return bytes(length); }

  asio::awaitable<std::size_t> read(asio::mutable_buffer to) override {
    if (done >= readable) throw std::system_error{EIO, std::generic_category(), "pread"};
    auto const count = std::min({to.size(), readable - done, std::size_t{100'000}});
    std::memset(to.data(), 'a' + static_cast<int>(done % 7), count);
    done += count;
    co_return count;
  }
};

http::handler send_letters(std::size_t size, std::size_t readable) {
  return [=](http::request const&) -> asio::awaitable<http::response> {
    auto response = http::empty(status::ok);
    response.source = std::make_unique<letters>(size, readable);
    co_return response;
  };
}

std::vector<http::route> routes() {
  using http::access;
  constexpr std::size_t large = 3'000'000;
  return {
      {verb::get, "/hello", access::open, greet, ""},
      {verb::post, "/echo", access::open, echo, ""},
      {verb::get, "/fail", access::open, fail, ""},
      {verb::get, "/large", access::open, send_letters(large, large), ""},
      {verb::get, "/nothing", access::open, send_letters(0, 0), ""},
      {verb::get, "/broken", access::open, send_letters(large, large / 2), ""},
      {verb::get,
       "/times/{word}",
       access::open,
       name_segment,
       "",
       {http::integer_parameter{"times", 1, 9, 1}}},
  };
}

}  // namespace

TEST_CASE("A connection", "[http]") {
  test::live_server server{routes()};
  peer client{server};

  SECTION("serves one request after the other") {
    auto const first = client.ask(request("GET /hello"));
    auto const second = client.ask(request("GET /times/ab?times=2"));

    CHECK(first.result() == status::ok);
    CHECK(first.body() == "hello");
    CHECK(first.keep_alive());
    CHECK(second.body() == "abab");
    CHECK(server.server.connections() == 1);
  }

  SECTION("responds to pipelined requests in their order, bodies among them") {
    client.send(request("POST /echo", {"Content-Length: 3"}) + "one" + request("GET /times/two") +
                request("POST /echo", {"Transfer-Encoding: chunked"}) +
                "2\r\nth\r\n3\r\nree\r\n0\r\n\r\n" + request("GET /hello"));

    CHECK(client.read().body() == "one");
    CHECK(client.read().body() == "two");
    CHECK(client.read().body() == "three");
    CHECK(client.read().body() == "hello");
  }

  SECTION("takes a request that comes byte by byte") {
    for (char const c : request("POST /echo", {"Content-Length: 2"}) + "ab") client.send({&c, 1});

    CHECK(client.read().body() == "ab");
  }

  SECTION("closes after the response if it is asked to") {
    auto const [line, fields] = GENERATE(table<std::string, std::string>({
        {"GET /hello HTTP/1.1", "Host: a\r\nConnection: close\r\n"},
        {"GET /hello HTTP/1.0", ""},
    }));
    CAPTURE(line);
    client.send(line + "\r\n" + fields + "\r\n");

    auto const text = client.read_to_end();

    CHECK_THAT(text, Catch::Matchers::EndsWith("hello"));
    CHECK_THAT(text, test::ContainsSubstring("Connection: close\r\n") ||
                         Catch::Matchers::StartsWith("HTTP/1.0"));
  }

  SECTION("responds to all that was sent before the client closed its sending side") {
    client.send(request("GET /hello") + request("GET /times/last"));
    client.finish();

    auto const text = client.read_to_end();

    CHECK_THAT(text, test::ContainsSubstring("hello"));
    CHECK_THAT(text, Catch::Matchers::EndsWith("last"));
  }
}

TEST_CASE("A response to HEAD", "[http]") {
  test::live_server server{routes()};
  peer client{server};

  SECTION("has the headers of GET and no body") {
    auto const path = GENERATE(as<std::string>{}, "/hello", "/large", "/missing");
    CAPTURE(path);
    client.send(request("HEAD " + path));
    auto const head = client.read(true);

    auto const whole = client.ask(request("GET " + path));

    CHECK(head.result() == whole.result());
    CHECK(head[field::content_type] == whole[field::content_type]);
    CHECK(head[field::content_length] == whole[field::content_length]);
    CHECK(head.body().empty());
    CHECK(std::to_string(whole.body().size()) == head[field::content_length]);
  }
}

TEST_CASE("Every response", "[http]") {
  test::live_server server{routes()};
  peer client{server};
  auto const line = GENERATE(as<std::string>{}, "GET /hello", "GET /missing", "PUT /hello",
                             "GET /fail", "GET /api/lab", "GET *");
  CAPTURE(line);

  auto const response = client.ask(request(line));

  SECTION("has a date, an id and says that it must not be kept") {
    CHECK(response[field::date].size() == std::string_view{"Fri, 02 Jan 2026 03:04:05 GMT"}.size());
    CHECK_FALSE(response["x-request-id"].empty());
    CHECK(response[field::cache_control] == "no-store");
  }

  SECTION("has an id of its own") {
    CHECK(response["x-request-id"] != client.ask(request(line))["x-request-id"]);
  }

  SECTION("leaves the connection open") {
    CHECK(response.keep_alive());
    CHECK(client.ask(request("GET /hello")).body() == "hello");
  }
}

TEST_CASE("The client's own request id", "[http]") {
  test::live_server server{routes()};
  peer client{server};

  SECTION("is taken over if it is harmless") {
    auto const id = GENERATE(as<std::string>{}, "a", "Trace_1.2-3", std::string(64, 'x'));
    CAPTURE(id);

    CHECK(client.ask(request("GET /hello", {"X-Request-Id: " + id}))["x-request-id"] == id);
  }

  SECTION("is replaced if it is not") {
    auto const id =
        GENERATE(as<std::string>{}, "", std::string(65, 'x'), "a b", "a\"b", "a/b", "\xc3\xa9");
    CAPTURE(id);

    auto const given = client.ask(request("GET /hello", {"X-Request-Id: " + id}))["x-request-id"];

    CHECK_FALSE(given.empty());
    CHECK(given != id);
  }
}

TEST_CASE("A handler that throws", "[http]") {
  test::live_server server{routes()};
  peer client{server};

  auto const response = client.ask(request("GET /fail", {"X-Request-Id: id-7"}));

  SECTION("gets 500 without details") {
    auto const body = boost::json::parse(response.body()).as_object();
    CHECK(response.result() == status::internal_server_error);
    CHECK(response[field::content_type] == "application/problem+json");
    CHECK(body.at("status").as_int64() == 500);
    CHECK_THAT(response.body(), !test::ContainsSubstring("secret"));
  }

  SECTION("does not end the connection") {
    CHECK(client.ask(request("GET /hello")).body() == "hello");
  }

  SECTION("is logged with its reason, route and request") {
    auto const lines = server.log.lines("handler_failed");

    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("level").as_string() == "error");
    CHECK(lines[0].at("id").as_string() == "id-7");
    CHECK(lines[0].at("route").as_string() == "/fail");
    CHECK(lines[0].at("reason").as_string() == "the secret reason");
  }
}

TEST_CASE("A body from a source", "[http]") {
  test::live_server server{routes()};
  peer client{server};

  SECTION("arrives whole, in order, and is followed by the next response") {
    client.send(request("GET /large") + request("GET /hello"));

    auto const large = client.read();
    REQUIRE(large.body().size() == 3'000'000);
    CHECK(large.body()[99'999] == 'a');
    CHECK(large.body()[100'000] == 'a' + 100'000 % 7);
    CHECK(large.body().back() != 0);
    CHECK(client.read().body() == "hello");
  }

  SECTION("may be empty") {
    auto const nothing = client.ask(request("GET /nothing"));

    CHECK(nothing[field::content_length] == "0");
    CHECK(client.ask(request("GET /hello")).body() == "hello");
  }

  SECTION("cuts the connection if it breaks, so that no half passes for the whole") {
    client.send(request("GET /broken"));
    auto const text = client.read_to_end();
    server.stop();

    CHECK_THAT(text, test::ContainsSubstring("Content-Length: 3000000\r\n"));
    CHECK(text.size() > 1'000'000);
    CHECK(text.size() < 3'000'000);
    auto const lines = server.log.lines("response_cut");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("path").as_string() == "/broken");
    CHECK_THAT(std::string{lines[0].at("reason").as_string()}, test::ContainsSubstring("pread"));
    REQUIRE(server.observer.seen.size() == 1);
    CHECK(server.observer.seen[0].path == "/broken");
  }
}

TEST_CASE("An observer", "[http]") {
  test::live_server server{routes()};
  peer client{server};

  SECTION("is notified of a request that got its response") {
    client.ask(request("GET /times/x%2Dy?times=2", {"X-Request-Id: id-7"}));
    auto const& seen = server.exchanges(1);

    REQUIRE(seen.size() == 1);
    CHECK(seen[0].id == "id-7");
    CHECK(seen[0].method == "GET");
    CHECK(seen[0].path == "/times/x-y");
    CHECK(seen[0].route == "/times/{word}");
    CHECK_FALSE(seen[0].verdict);
    CHECK(seen[0].status == 200);
    CHECK(seen[0].body_bytes == 6);
    CHECK(seen[0].duration.count() > 0);
  }

  SECTION("is notified of refusals, guarded and without a route") {
    client.ask(request("BREW /api/lab/x"));
    client.ask(request("GET /api/lab/x", {"X-Lab-Token: correct-token"}));
    client.ask(request("GET /missing"));
    auto const& seen = server.exchanges(3);

    REQUIRE(seen.size() == 3);
    CHECK(seen[0].method == "BREW");
    CHECK(seen[0].verdict == http::verdict::no_token);
    CHECK(seen[0].status == 403);
    CHECK(seen[1].verdict == http::verdict::admitted);
    CHECK(seen[1].status == 404);
    CHECK_FALSE(seen[2].verdict);
    CHECK(seen[2].route.empty());
  }

  SECTION("is notified of what could not be read") {
    client.send("nonsense\r\n\r\n");
    auto const& seen = server.exchanges(1);

    CHECK(seen[0].status == 400);
    CHECK(seen[0].route.empty());
  }
}
