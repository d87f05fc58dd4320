#pragma once

#include <loopscope/base/log.hpp>
#include <loopscope/http/exchange.hpp>
#include <loopscope/http/guard.hpp>
#include <loopscope/http/limits.hpp>
#include <loopscope/http/router.hpp>
#include <loopscope/runtime/task_group.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>

namespace loopscope::http {

/// What a listener serves, and to whom. The referenced objects outlive the server.
struct service {
  router const& routes;
  http::guard const& guard;
  exchange_observer& observer;
  logger& log;
  http::limits limits;
  instance_header instance;  ///< sent to those whom the guard let in
};

/// An HTTP/1.1 server on one loop: keep-alive, pipelining, HEAD, limits and deadlines.
/// \thread loop
class server {
 public:
  /// Listens at once; connections are accepted from `start()` on.
  /// \throws std::system_error if the address cannot be listened on.
  server(boost::asio::any_io_executor const& loop, boost::asio::ip::tcp::endpoint const& where,
         service what);
  ~server();
  server(server const&) = delete;
  server& operator=(server const&) = delete;

  /// Where it listens, with the real port if port 0 was asked for.
  [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const { return endpoint_; }

  /// Connections that are open, among them those being refused. \thread any
  [[nodiscard]] std::size_t connections() const noexcept;

  void start();

  /// Stops accepting, serves what has arrived, closes idle connections, waits up to `grace` for
  /// running requests, then cuts what is left.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds grace);

 private:
  boost::asio::awaitable<void> accept();
  void serve(boost::asio::ip::tcp::socket peer);
  boost::system::error_code try_to_serve(boost::asio::ip::tcp::socket peer);

  service service_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint endpoint_;
  runtime::task_group sessions_;
  runtime::task_group listener_;
  runtime::task_group refusals_;
};

}  // namespace loopscope::http
