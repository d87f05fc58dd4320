#include "support/catch.hpp"
#include "support/live_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstring>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace loopscope;
using namespace std::chrono_literals;
using http::status;
using http::verb;
using test::peer;
using test::request;

namespace {

// Zeros without an end; the first do not come before the gate opens, whatever is cancelled.
struct held_source final : http::body_source {
  bool& reached;
  asio::steady_timer*& closed;

  held_source(bool& on_reached, asio::steady_timer*& gate) : reached{on_reached}, closed{gate} {}

  [[nodiscard]] byte_count size() const override { return mebibytes(1024); }

  asio::awaitable<std::size_t> read(asio::mutable_buffer to) override {
    if (!std::exchange(reached, true)) {
      asio::steady_timer timer{co_await asio::this_coro::executor, 1h};
      closed = &timer;
      co_await timer.async_wait(asio::bind_cancellation_slot(asio::cancellation_slot{},
                                                             asio::as_tuple(asio::use_awaitable)));
    }
    std::memset(to.data(), 0, to.size());
    co_return to.size();
  }
};

// A handler that holds its request back until the gate opens.
struct gate {
  bool reached = false;
  bool was_cancelled = false;
  asio::steady_timer* closed = nullptr;  // lives with the request that waits

  void open() { closed->cancel(); }

  std::vector<http::route> routes() {
    auto wait = [this](http::request const&) -> asio::awaitable<http::response> {
      asio::steady_timer timer{co_await asio::this_coro::executor, 1h};
      closed = &timer;
      reached = true;
      auto const state = co_await asio::this_coro::cancellation_state;
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      was_cancelled = state.cancelled() != asio::cancellation_type::none;
      co_return http::text(status::ok, "text/plain", "released");
    };
    auto greet = [](http::request const&) -> asio::awaitable<http::response> {
      co_return http::text(status::ok, "text/plain", "hello");
    };
    auto download = [this](http::request const&) -> http::response {
      auto response = http::empty(status::ok);
      response.source = std::make_unique<held_source>(reached, closed);
      return response;
    };
    return {{verb::get, "/wait", http::access::open, wait, ""},
            {verb::get, "/download", http::access::open, download, ""},
            {verb::get, "/hello", http::access::open, greet, ""}};
  }
};

}  // namespace

TEST_CASE("A server that is asked to stop", "[http]") {
  gate held;
  test::live_server server{held.routes()};
  peer client{server};

  SECTION("closes an idle connection at once") {
    client.ask(request("GET /hello"));
    auto const started = std::chrono::steady_clock::now();

    server.stop(1h);

    CHECK(std::chrono::steady_clock::now() - started < 1s);
    CHECK(client.read_to_end().empty());
    CHECK(server.server.connections() == 0);
  }

  SECTION("finishes what runs, says so, and then closes") {
    client.send(request("GET /wait") + request("GET /hello"));
    server.run_until([&] { return held.reached; });
    auto stopped = asio::co_spawn(server.loop, server.server.stop(1h), asio::use_future);
    server.run_ready();
    held.open();

    auto const text = client.read_to_end();

    CHECK_THAT(text, test::ContainsSubstring("Connection: close\r\n"));
    CHECK_THAT(text, Catch::Matchers::EndsWith("released"));
    client.close();
    server.run_until([&] { return stopped.wait_for(0s) == std::future_status::ready; });
  }

  SECTION("cuts what outlasts the grace, and says how many") {
    client.send(request("GET /wait"));
    server.run_until([&] { return held.reached; });

    server.stop(10ms);

    CHECK(server.server.connections() == 0);
    CHECK(held.was_cancelled);
    auto const lines = server.log.lines("connections_cut");
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("count").as_int64() == 1);
  }

  SECTION("cuts a response whose source could not be cancelled, once that goes on") {
    client.send(request("GET /download"));
    server.run_until([&] { return held.reached; });
    auto stopped = asio::co_spawn(server.loop, server.server.stop(1ms), asio::use_future);
    server.run_until([&] { return !server.log.lines("connections_cut").empty(); });
    server.run_ready();
    CHECK(server.server.connections() == 1);

    held.open();

    server.run_until([&] { return stopped.wait_for(0s) == std::future_status::ready; });
    CHECK(server.server.connections() == 0);
  }

  SECTION("serves who connected before") {
    server.run_until([&] { return server.server.connections() == 1; });
    peer waiting{server};
    waiting.send_without_loop(request("GET /hello"));

    server.stop(1h);

    CHECK_THAT(waiting.read_to_end(), Catch::Matchers::EndsWith("hello"));
  }

  SECTION("takes nobody after that") {
    auto const where = server.server.endpoint();
    server.stop();

    asio::ip::tcp::socket late{server.loop};
    boost::system::error_code refused;
    late.connect(where, refused);
    CHECK(refused == asio::error::connection_refused);
  }
}

TEST_CASE("One connection too many", "[http]") {
  gate held;
  http::limits bounds;
  bounds.connections = 2;
  test::live_server server{held.routes(), bounds};
  std::optional<peer> first{std::in_place, server};
  peer second{server};
  first->ask(request("GET /hello"));
  second.ask(request("GET /hello"));
  peer third{server};

  SECTION("gets 503 without a request, and is closed") {
    auto const text = third.read_to_end();

    CHECK_THAT(text, Catch::Matchers::StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK_THAT(text, test::ContainsSubstring("Connection: close\r\n"));
    CHECK_THAT(text, test::ContainsSubstring("Retry-After: 1\r\n"));
    CHECK_THAT(text, test::ContainsSubstring("application/problem+json"));
  }

  SECTION("does not disturb the others") {
    third.read_to_end();

    CHECK(first->ask(request("GET /hello")).result() == status::ok);
    CHECK(second.ask(request("GET /hello")).result() == status::ok);
  }

  SECTION("has a place as soon as another leaves") {
    third.read_to_end();
    third.finish();
    first.reset();
    server.run_until([&] { return server.server.connections() == 1; });
    peer fourth{server};

    CHECK(fourth.ask(request("GET /hello")).body() == "hello");
  }
}

TEST_CASE("A server on a taken port says so", "[http]") {
  gate held;
  test::live_server server{held.routes()};
  auto const where = server.server.endpoint();
  auto const take_it = [&] {
    http::server{server.loop.get_executor(),
                 where,
                 {server.router, server.guard, server.observer, server.log.log(), {}, {}}};
  };

  CHECK(where.port() != 0);
  CHECK_THROWS_AS(take_it(), std::system_error);
  CHECK_THROWS_WITH(take_it(), test::ContainsSubstring("cannot listen on 127.0.0.1:" +
                                                       std::to_string(where.port())) &&
                                   test::ContainsSubstring("Address already in use"));
}
