#include "support/catch.hpp"

#include <loopscope/http/look_up_impl.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <future>
#include <memory>
#include <pthread.h>
#include <stdexcept>
#include <string>

namespace asio = boost::asio;
using namespace loopscope;
using namespace std::chrono_literals;
using http::endpoints;

namespace {

result<endpoints> must_not_be_asked(std::string const&, std::uint16_t) {
  throw std::logic_error{"asked"};
}

endpoints one(char const* address, std::uint16_t port) {
  return {{asio::ip::make_address(address), port}};
}

}  // namespace

TEST_CASE("Where a host is", "[http]") {
  SECTION("an address says itself") {
    auto const address = GENERATE(as<std::string>{}, "127.0.0.1", "::1", "169.254.170.2");
    CAPTURE(address);

    auto const found = http::look_up(address, 80, 0ms, must_not_be_asked);

    REQUIRE(found);
    CHECK(*found == one(address.c_str(), 80));
  }

  SECTION("a name is asked for") {
    auto const ask = [](std::string const& host, std::uint16_t port) -> result<endpoints> {
      return host == "metadata.test" ? one("10.0.0.1", port) : endpoints{};
    };

    auto const found = http::look_up("metadata.test", 8080, 60s, ask);

    REQUIRE(found);
    CHECK(*found == one("10.0.0.1", 8080));
  }

  SECTION("a name may not be known") {
    auto const ask = [](std::string const&, std::uint16_t) -> result<endpoints> {
      return asio::error::make_error_code(asio::error::host_not_found);
    };

    CHECK(http::look_up("no.test", 80, 60s, ask).error() == asio::error::host_not_found);
  }

  SECTION("a failure of the look-up itself is passed on") {
    CHECK_THROWS_AS(http::look_up("a.test", 80, 60s, must_not_be_asked), std::logic_error);
  }

  SECTION("the system knows this machine") {
    auto const found = http::look_up("localhost", 81, 60s);

    REQUIRE(found);
    REQUIRE_FALSE(found->empty());
    for (auto const& each : *found) {
      CHECK(each.address().is_loopback());
      CHECK(each.port() == 81);
    }
  }

  SECTION("what is no name has no address") {
    CHECK(http::look_up("not a name", 80, 60s).has_error());
  }
}

TEST_CASE("A look-up that hangs is given up in time", "[http]") {
  auto const hang = std::make_shared<std::promise<void>>();
  auto const ended = std::make_shared<std::promise<bool>>();
  auto const ask = [hang, ended, until = hang->get_future().share()](
                       std::string const&, std::uint16_t port) -> result<endpoints> {
    until.wait();
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    bool all = true;
    for (int const number : std::array{SIGTERM, SIGINT, SIGPROF, SIGUSR1})
      all = all && sigismember(&blocked, number) == 1;
    ended->set_value(all);
    return one("127.0.0.1", port);
  };
  auto const before = std::chrono::steady_clock::now();

  auto const found = http::look_up("slow.test", 80, 20ms, ask);
  auto const passed = std::chrono::steady_clock::now() - before;
  hang->set_value();

  CHECK(found.error() == errc::timed_out);
  CHECK(passed >= 20ms);
  CHECK(passed < 10s);
  auto end = ended->get_future();
  REQUIRE(end.wait_for(60s) == std::future_status::ready);
  CHECK(end.get());  // no signal of the process is handled there
}
