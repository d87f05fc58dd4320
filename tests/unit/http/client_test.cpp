#include "support/catch.hpp"
#include "support/serving_thread.hpp"

#include <loopscope/http/client.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace loopscope;
using namespace std::chrono_literals;
using http::status;
using http::verb;

namespace {

asio::awaitable<http::response> show_target(http::request const& asked) {
  co_return http::text(status::ok, "text/plain", std::string{asked.head.target()});
}

asio::awaitable<http::response> never(http::request const&) {
  asio::steady_timer timer{co_await asio::this_coro::executor, 1h};
  co_await timer.async_wait(asio::use_awaitable);
  co_return http::empty(status::ok);
}

std::vector<http::route> routes() {
  return {{verb::get, "/target", http::access::open, show_target, ""},
          {verb::get, "/never", http::access::open, never, ""}};
}

}  // namespace

TEST_CASE("Fetching over HTTP", "[http]") {
  test::serving_thread const server{routes()};

  SECTION("gives status and body") {
    auto const [host, target, code, body] =
        GENERATE(table<std::string, std::string, unsigned, std::string>({
            {"127.0.0.1", "/target", 200u, "/target"},
            {"127.0.0.1", "/missing", 404u, ""},
        }));
    CAPTURE(target);

    auto const response = http::get(host, server.port(), target, 2s);

    REQUIRE(response);
    CHECK(response->status == code);
    CHECK_THAT(response->body, Catch::Matchers::StartsWith(body));
  }

  SECTION("gives up when the limit has passed") {
    auto const started = std::chrono::steady_clock::now();

    auto const response = http::get("127.0.0.1", server.port(), "/never", 20ms);

    REQUIRE_FALSE(response);
    CHECK(response.error() == errc::timed_out);
    CHECK(std::chrono::steady_clock::now() - started >= 20ms);
    CHECK(std::chrono::steady_clock::now() - started < 30s);
  }
}

TEST_CASE("Fetching from where nobody listens says so", "[http]") {
  // Bound, so that nobody else gets the port, and not listening.
  asio::io_context loop;
  asio::ip::tcp::socket const silent{loop, {asio::ip::address_v4::loopback(), 0}};

  auto const response = http::get("127.0.0.1", silent.local_endpoint().port(), "/", 2s);

  REQUIRE_FALSE(response);
  CHECK(response.error() == asio::error::connection_refused);
}
