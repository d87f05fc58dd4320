#pragma once

#include <loopscope/http/deadline_impl.hpp>
#include <loopscope/http/limits.hpp>
#include <loopscope/http/message.hpp>
#include <loopscope/http/request_reader_impl.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <array>
#include <cstddef>
#include <string>

namespace loopscope::http {

/// Whether everything has to stop now. A cancellation that came while nothing was waited for shows
/// only here.
inline bool is_cut(boost::asio::cancellation_state const& state) noexcept {
  using type = boost::asio::cancellation_type;
  return (state.cancelled() & type::terminal) != type::none;
}

/// What is still to be written of a response.
struct unwritten {
  std::array<boost::asio::const_buffer, 2> bytes;  ///< of its head, and of a small body
  body_source* source = nullptr;                   ///< of a large one

  /// Counts bytes as written.
  void consume(std::size_t count);

  [[nodiscard]] bool empty() const { return !source && boost::asio::buffer_size(bytes) == 0; }
};

/// The bytes of one peer: feeds a request's reader and writes responses, each within its time.
/// \thread loop
class connection {
 public:
  connection(boost::asio::ip::tcp::socket peer, limits const& bounds);

  /// The peer's IP address, as text.
  [[nodiscard]] std::string const& peer() const noexcept { return peer_; }

  /// Whether the latest failure came of a deadline.
  [[nodiscard]] bool timed_out() const noexcept { return deadline_.expired(); }

  /// Whether bytes are here that no request has taken.
  [[nodiscard]] bool has_input() const noexcept { return buffer_.size() > 0; }

  /// Waits for the first byte of a request; empty lines before it do not count.
  /// \return true if there is one; false when the peer has left or has been idle for too long.
  /// \cancel true only if a byte has arrived already.
  boost::asio::awaitable<bool> wait_for_request();

  /// Parses as much of a request's line and fields as is here. They may take limits::header bytes
  /// in all.
  /// \return need_more if that is not all of it.
  boost::beast::error_code begin_head(request_reader& into);

  /// Reads what begin_head() needs more.
  boost::asio::awaitable<boost::beast::error_code> read_head(request_reader& into);

  /// Reads the body of a request whose head is there.
  boost::asio::awaitable<boost::beast::error_code> read_body(request_reader& into);

  /// Nothing expires until the next read or write.
  void clear_deadline() { deadline_.clear(); }

  /// Waits until the peer closes its side or the connection breaks. A peer that sends something
  /// instead is taken to stay.
  /// \cancel any: it ends.
  boost::asio::awaitable<void> wait_for_close();

  /// Writes what the kernel takes of a head and a body without waiting, and leaves the rest.
  boost::beast::error_code begin_write(unwritten& what);

  /// Writes all of it; a body source is read piece by piece, and what it throws passes through.
  /// \cancel terminal
  boost::asio::awaitable<boost::beast::error_code> write(unwritten what);

  /// Says that nothing more comes and reads what the peer still sends, bounded in time and bytes:
  /// closing with unread input resets the connection, and the peer may lose the last response.
  boost::asio::awaitable<void> linger();

 private:
  boost::asio::awaitable<boost::beast::error_code> read_more();
  void skip_empty_lines();
  [[nodiscard]] bool has_begun() const;
  boost::beast::error_code parse_head(request_reader& into);
  boost::asio::awaitable<boost::beast::error_code> write_from(body_source& source);

  boost::asio::ip::tcp::socket socket_;
  deadline deadline_;
  limits const& limits_;
  std::string peer_;
  boost::beast::flat_buffer buffer_;
  std::size_t taken_ = 0;  // bytes of this head that its reader has
};

}  // namespace loopscope::http
