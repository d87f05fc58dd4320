#include "support/catch.hpp"
#include "support/live_server.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
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

asio::awaitable<http::response> greet(http::request const&) {
  co_return http::text(status::ok, "text/plain", "hello");
}

bool late_handler_waits = false;

// Goes on whatever comes, as work that has been handed to another thread does.
asio::awaitable<http::response> be_late(http::request const&) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  asio::steady_timer timer{co_await asio::this_coro::executor, 50ms};
  late_handler_waits = true;
  co_await timer.async_wait(asio::use_awaitable);
  co_return http::empty(status::no_content);
}

std::vector<http::route> routes() {
  using http::access;
  return {{verb::get, "/hello", access::open, greet, ""},
          {verb::get, "/api/lab/late", access::token, be_late, ""}};
}

}  // namespace

TEST_CASE("A guarded call has its response when it is recorded", "[http]") {
  test::live_server server{routes()};
  peer client{server};
  std::string const token = "X-Lab-Token: correct-token";

  SECTION("which may take several attempts") {
    server.observer.refusals = 2;
    auto const response =
        client.ask(request("GET /api/lab", {token, "X-Request-Id: id-7"}) + request("GET /hello"));

    CHECK(response.result() == status::not_found);
    CHECK(server.observer.audited == std::vector<std::string>{"id-7"});
    CHECK(client.read().body() == "hello");
  }

  SECTION("or none, if the server ends before") {
    server.observer.refusals = 1'000'000;
    client.send(request("GET /api/lab", {token}));
    server.run_until([&] { return server.observer.refusals < 1'000'000; });
    server.stop();

    CHECK(server.observer.audited.empty());
    CHECK(client.read_to_end().empty());
    CHECK(server.observer.seen.size() == 1);
  }

  SECTION("or none, if the server has ended before the handler has") {
    server.observer.refusals = 1'000'000;
    client.send(request("GET /api/lab/late", {token}));
    server.run_until([&] { return late_handler_waits; });
    server.stop();

    CHECK(client.read_to_end().empty());
    CHECK(server.observer.seen.size() == 1);
  }

  SECTION("while a public one is not recorded at all") {
    server.observer.refusals = 1'000'000;

    CHECK(client.ask(request("GET /hello")).body() == "hello");
    CHECK(server.observer.refusals == 1'000'000);
  }
}
