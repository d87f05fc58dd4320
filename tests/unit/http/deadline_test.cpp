#include "support/catch.hpp"
#include "support/live_server.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace loopscope;
using namespace std::chrono_literals;
using http::status;
using http::verb;
using test::peer;
using test::request;

namespace {

using clock = std::chrono::steady_clock;

constexpr auto limit = 30ms;

// All limits generous but those of the test.
http::limits with(std::chrono::milliseconds http::limits::*which) {
  http::limits bounds;
  bounds.*which = limit;
  return bounds;
}

asio::awaitable<http::response> think(http::request const&) {
  asio::steady_timer timer{co_await asio::this_coro::executor, 2 * limit};
  co_await timer.async_wait(asio::use_awaitable);
  co_return http::text(status::ok, "text/plain", "thought");
}

// More than the buffers of two sockets hold.
struct flood final : http::body_source {
  [[nodiscard]] byte_count size() const override { return mebibytes(256); }

  asio::awaitable<std::size_t> read(asio::mutable_buffer to) override {
    std::memset(to.data(), 'x', to.size());
    co_return to.size();
  }
};

asio::awaitable<http::response> send_flood(http::request const&) {
  auto response = http::empty(status::ok);
  response.source = std::make_unique<flood>();
  co_return response;
}

std::vector<http::route> routes() {
  using http::access;
  return {{verb::post, "/think", access::open, think, ""},
          {verb::get, "/flood", access::open, send_flood, ""}};
}

}  // namespace

TEST_CASE("A slow request head", "[http]") {
  test::live_server server{routes(), with(&http::limits::head_time)};
  peer client{server};

  SECTION("gets 408 and is closed") {
    auto const started = clock::now();
    client.send("POST /think HT");

    auto const text = client.read_to_end();

    CHECK_THAT(text, Catch::Matchers::StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
    CHECK_THAT(text, test::ContainsSubstring("Connection: close\r\n"));
    CHECK(clock::now() - started >= limit);
    CHECK(clock::now() - started < 1s);
  }

  SECTION("gains no time by what trickles in") {
    client.send("POST /think HTTP/1.1\r\nX-More: ");
    for (int i = 0; i < 100 && server.observer.seen.empty(); ++i) {
      client.send_without_loop("x");
      server.loop.restart();
      server.loop.run_for(limit / 10);
    }

    REQUIRE(server.observer.seen.size() == 1);
    CHECK(server.observer.seen[0].status == 408);
  }

  SECTION("is measured from its first byte, not from the connection's") {
    auto const started = clock::now();
    client.send(request("POST /think"));

    CHECK(client.read().body() == "thought");
    CHECK(client.ask(request("POST /think")).body() == "thought");
    CHECK(clock::now() - started >= 4 * limit);
  }
}

TEST_CASE("A slow request body", "[http]") {
  test::live_server server{routes(), with(&http::limits::body_time)};
  peer client{server};

  SECTION("gets 408 and is closed") {
    client.send(request("POST /think", {"Content-Length: 5"}) + "abc");

    auto const text = client.read_to_end();

    CHECK_THAT(text, Catch::Matchers::StartsWith("HTTP/1.1 408 "));
    CHECK_THAT(text, test::ContainsSubstring("Connection: close\r\n"));
  }

  SECTION("does not count while the handler works") {
    client.send(request("POST /think", {"Content-Length: 3"}) + "abc");

    CHECK(client.read().body() == "thought");
  }
}

TEST_CASE("An idle connection", "[http]") {
  test::live_server server{routes(), with(&http::limits::idle_time)};
  peer client{server};

  SECTION("is closed without a word") {
    CHECK(client.read_to_end().empty());
    CHECK(server.observer.seen.empty());
  }

  SECTION("is closed although empty lines come, and when they have ended") {
    auto const until = clock::now() + 3 * limit;
    try {
      while (clock::now() < until) {
        client.send_without_loop("\r\n\r\n\r\n");
        server.run_ready();
      }
    } catch (boost::system::system_error const&) {
      // It is closed already.
    }

    CHECK(client.read_to_end().empty());
    CHECK(server.observer.seen.empty());
  }

  SECTION("is closed after its last response too") {
    CHECK(client.ask(request("POST /think")).keep_alive());
    auto const responded = clock::now();

    CHECK(client.read_to_end().empty());
    CHECK(clock::now() - responded >= limit / 2);
    CHECK(clock::now() - responded < 1s);
  }

  SECTION("is not what waits for a handler") {
    CHECK(client.ask(request("POST /think")).body() == "thought");
  }
}

TEST_CASE("A client that does not read is cut", "[http]") {
  test::live_server server{routes(), with(&http::limits::write_time)};
  peer client{server};

  client.send(request("GET /flood"));
  server.exchanges(1);

  CHECK(client.read_to_end().size() < mebibytes(256).value);
}
