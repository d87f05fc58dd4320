#pragma once

#include <loopscope/http/deadline_impl.hpp>
#include <loopscope/http/limits.hpp>
#include <loopscope/http/message.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>

namespace loopscope::http {

using request_parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

/// The bytes of one peer: reads requests into a parser and writes answers, each within its time.
/// \thread loop
class connection {
 public:
  connection(boost::asio::ip::tcp::socket peer, limits const& bounds);

  [[nodiscard]] boost::asio::ip::tcp::endpoint peer() const { return peer_; }

  /// Whether the latest failure came of a deadline.
  [[nodiscard]] bool timed_out() const noexcept { return deadline_.expired(); }

  /// Whether bytes are here that no parser has taken.
  [[nodiscard]] bool has_input() const noexcept { return buffer_.size() > 0; }

  /// Waits for the first byte of a request.
  /// \return true if there is one; false when the peer has left or has been idle for too long.
  /// \cancel true only if a byte has arrived already.
  boost::asio::awaitable<bool> wait_for_request();

  /// Reads a request line and fields. They may take limits::header bytes in all.
  boost::asio::awaitable<boost::beast::error_code> read_head(request_parser& into);

  /// Reads the rest of a request whose head is there.
  boost::asio::awaitable<boost::beast::error_code> read_body(request_parser& into);

  /// Waits until the peer closes its side or the connection breaks. A peer that sends something
  /// instead is taken to stay.
  /// \cancel any: it ends.
  boost::asio::awaitable<void> wait_for_close();

  /// Writes a few bytes as they are.
  boost::asio::awaitable<boost::beast::error_code> write(std::string_view text);

  /// Writes an answer, without its body if `head_only`.
  /// \return whether all of it was handed to the kernel.
  boost::asio::awaitable<bool> write(response& reply, bool head_only);

  /// Says that nothing more comes and reads what the peer still sends, bounded in time and bytes:
  /// closing with unread input resets the connection, and the peer may lose the last answer.
  boost::asio::awaitable<void> linger();

 private:
  boost::asio::awaitable<boost::beast::error_code> read_more();
  boost::beast::error_code feed(request_parser& into);
  boost::asio::awaitable<bool> write_source(body_source& source);

  boost::asio::ip::tcp::socket socket_;
  deadline deadline_;
  limits const& limits_;
  boost::asio::ip::tcp::endpoint peer_;
  boost::beast::flat_buffer buffer_;
  std::size_t taken_ = 0;  // bytes of this request that a parser has
};

}  // namespace loopscope::http
