#pragma once

#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/run.hpp"

#include <loopscope/http/server.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loopscope::test {

/// A copy of an exchange that an observer was given.
struct seen_exchange {
  std::string id;
  std::string method;
  std::string path;
  std::string route;
  std::optional<http::verdict> verdict;
  unsigned status;
  std::uint64_t body_bytes;
  std::chrono::nanoseconds duration;
};

struct recording_observer final : http::exchange_observer {
  std::vector<seen_exchange> seen;
  std::vector<std::string> audited;  // ids
  int refusals = 0;                  // how often there is no room for an audit line

  bool audit(http::exchange const& what) override {
    if (refusals > 0 && refusals-- > 0) return false;
    audited.emplace_back(what.id);
    return true;
  }

  void finished(http::exchange const& what) override {
    seen.push_back({std::string{what.id}, std::string{what.method}, std::string{what.path},
                    std::string{what.route}, what.verdict, static_cast<unsigned>(what.status),
                    what.body_bytes, what.duration});
  }
};

/// A server on a free port of the loopback, with a loop that runs while a client waits.
/// `/api/lab` is guarded by the token `correct-token`.
struct live_server {
  static constexpr std::string_view token = "correct-token";

  boost::asio::io_context loop{1};
  captured_log log{log_level::debug};
  recording_observer observer;
  http::guard guard{"/api/lab", "x-lab-token", true, secret{token}};
  http::router router;
  http::server server;

  explicit live_server(std::vector<http::route> table, http::limits const& bounds = {})
      : router{std::move(table)},
        server{loop.get_executor(),
               {boost::asio::ip::address_v4::loopback(), 0},
               {router, guard, observer, log.log(), bounds, {"x-lab-instance", "instance-1"}}} {
    server.start();
  }
  ~live_server() { stop(); }

  /// Runs the loop until `done()`, for at most 60 s.
  template <class F>  // F: () -> bool
  void run_until(F done) {
    auto const end = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    loop.restart();
    while (!done() && loop.run_one_until(end) > 0) continue;
    REQUIRE(done());
  }

  /// Runs whatever can go on without the outside world.
  void run_ready() {
    loop.restart();
    while (loop.poll() > 0) continue;
  }

  /// The exchanges that the observer was given, as soon as there are `count` of them.
  std::vector<seen_exchange> const& exchanges(std::size_t count) {
    run_until([&] { return observer.seen.size() >= count; });
    return observer.seen;
  }

  /// Cuts what still runs.
  void stop(std::chrono::milliseconds grace = {}) {
    CHECK_NOTHROW(run_on(loop, server.stop(grace)));
  }
};

using string_response = boost::beast::http::response<boost::beast::http::string_body>;

/// A client that sends exactly the bytes that it is given, on the server's loop.
class peer {
 public:
  explicit peer(live_server& to) : loop_{to.loop}, socket_{loop_} {
    socket_.connect(to.server.endpoint());
  }

  void send(std::string_view bytes) { run_on(loop_, send_all(bytes)); }

  /// Sends a few bytes while the server's loop stands still.
  void send_without_loop(std::string_view bytes) {
    boost::asio::write(socket_, boost::asio::buffer(bytes));
  }

  void close() { socket_.close(); }

  /// Says that nothing more comes.
  void finish() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }

  /// Reads one response; `head_only` if it is to a HEAD.
  string_response read(bool head_only = false) { return run_on(loop_, read_response(head_only)); }

  /// Reads until the server closes.
  std::string read_to_end() { return run_on(loop_, read_all()); }

  string_response ask(std::string_view request) {
    send(request);
    return read();
  }

 private:
  boost::asio::awaitable<void> send_all(std::string_view bytes) {
    auto const buffer = boost::asio::buffer(bytes);
    co_await boost::asio::async_write(socket_, buffer, boost::asio::use_awaitable);
  }

  boost::asio::awaitable<string_response> read_response(bool head_only) {
    boost::beast::http::response_parser<boost::beast::http::string_body> parser;
    parser.skip(head_only);
    co_await boost::beast::http::async_read(socket_, buffer_, parser, boost::asio::use_awaitable);
    co_return parser.release();
  }

  boost::asio::awaitable<std::string> read_all() {
    std::string text;
    auto const into = boost::asio::dynamic_buffer(text);
    boost::system::error_code closed;
    co_await boost::asio::async_read(
        socket_, into, boost::asio::redirect_error(boost::asio::use_awaitable, closed));
    co_return text;
  }

  boost::asio::io_context& loop_;
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

/// A request head and its end; each of `fields` is `Name: value`.
inline std::string request(std::string_view line, std::vector<std::string> const& fields = {}) {
  auto text = std::string{line} + " HTTP/1.1\r\nHost: localhost\r\n";
  for (auto const& each : fields) text.append(each).append("\r\n");
  return text + "\r\n";
}

}  // namespace loopscope::test
