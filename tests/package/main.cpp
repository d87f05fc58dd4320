#include <loopscope/base/version.hpp>
#include <loopscope/http/client.hpp>
#include <loopscope/http/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <thread>
#include <unistd.h>

namespace {

namespace asio = boost::asio;
namespace http = loopscope::http;
using namespace std::chrono_literals;

struct ignore_exchanges final : http::exchange_observer {
  bool audit(http::exchange const&) override { return true; }
  void finished(http::exchange const&) override {}
};

asio::awaitable<http::response> greeting(http::request const&) {
  co_return http::json(http::status::ok, {{"version", loopscope::version()}});
}

http::router routes() {
  return http::router{{{.method = http::verb::get,
                        .path = "/greeting",
                        .access = http::access::open,
                        .handler = greeting,
                        .summary = "says its version"}}};
}

}  // namespace

int main() {
  auto const table = routes();
  http::guard const guard{"/guarded", "x-token", false, {}};
  ignore_exchanges observer;
  loopscope::logger log{STDERR_FILENO};
  asio::io_context loop{1};
  http::server server{loop.get_executor(),
                      {asio::ip::address_v4::loopback(), 0},
                      {table, guard, observer, log, {}, {}}};
  server.start();

  std::optional<loopscope::result<http::fetched>> response;
  std::thread client{[&] {
    response = http::get("127.0.0.1", server.endpoint().port(), "/greeting", 10s);
    asio::co_spawn(loop, server.stop(1s), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }};
  loop.run();
  client.join();

  if (!response->has_value()) {
    std::cerr << response->error().message() << '\n';
    return 1;
  }
  std::cout << (*response)->status << ' ' << (*response)->body << '\n';
  return (*response)->status == 200 ? 0 : 1;
}
