#include "support/catch.hpp"
#include "support/live_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <optional>
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

// A handler that works until it is let go, or is cancelled.
struct long_work {
  bool started = false;
  bool cancelled = false;
  std::optional<asio::steady_timer> working;

  http::handler handler() {
    return [this](http::request const&) -> asio::awaitable<http::response> {
      co_await asio::this_coro::throw_if_cancelled(false);
      auto const state = co_await asio::this_coro::cancellation_state;
      working.emplace(co_await asio::this_coro::executor, 1h);
      started = true;
      co_await working->async_wait(asio::as_tuple(asio::use_awaitable));
      working.reset();  // it must not outlive the loop
      cancelled = state.cancelled() != asio::cancellation_type::none;
      co_return http::text(status::ok, "text/plain", "worked");
    };
  }

  std::vector<http::route> routes() {
    using http::access;
    return {{.method = verb::get,
             .path = "/long",
             .access = access::open,
             .handler = handler(),
             .summary = "",
             .cancel_on_disconnect = [](http::arguments const&) { return true; }},
            {.method = verb::get,
             .path = "/chosen",
             .access = access::open,
             .handler = handler(),
             .summary = "",
             .parameters = {http::integer_parameter{"watched", 0, 1, 0}},
             .cancel_on_disconnect =
                 [](http::arguments const& asked) { return asked.integer("watched") == 1; }},
            {verb::get, "/steady", access::open, handler(), ""}};
  }
};

}  // namespace

TEST_CASE("Long work for a client", "[http]") {
  long_work work;
  test::live_server server{work.routes()};
  peer client{server};
  client.send(request("GET /long"));
  server.run_until([&] { return work.started; });

  SECTION("is cancelled when the client leaves") {
    client.close();
    server.exchanges(1);

    CHECK(work.cancelled);
  }

  SECTION("is cancelled when the client says that nothing more comes") {
    client.finish();
    server.exchanges(1);

    CHECK(work.cancelled);
  }

  SECTION("ends with a response to a client that waits") {
    work.working->cancel();

    CHECK(client.read().body() == "worked");
    CHECK_FALSE(work.cancelled);
  }

  SECTION("is not disturbed by the next request, which gets its response afterwards") {
    client.send(request("GET /missing"));
    server.run_ready();
    CHECK_FALSE(work.cancelled);
    work.working->cancel();

    CHECK(client.read().body() == "worked");
    CHECK(client.read().result() == status::not_found);
    CHECK_FALSE(work.cancelled);
  }
}

TEST_CASE("Other work goes on when the client leaves", "[http]") {
  long_work work;
  test::live_server server{work.routes()};
  peer client{server};
  auto const target = GENERATE(as<std::string>{}, "/steady", "/chosen");
  CAPTURE(target);
  client.send(request("GET " + target));
  server.run_until([&] { return work.started; });

  client.close();
  server.run_ready();
  CHECK(server.observer.seen.empty());
  work.working->cancel();
  server.exchanges(1);

  CHECK_FALSE(work.cancelled);
}
