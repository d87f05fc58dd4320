#include <loopscope/http/connection_impl.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

namespace loopscope::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_size = 2048;  // an idle connection keeps that much
constexpr std::size_t source_piece = std::size_t{256} << 10;
constexpr auto linger_time = 2s;
constexpr std::size_t linger_bytes = std::size_t{2} << 20;

// A cancellation that came while nothing was waited for shows only here.
bool is_cut(asio::cancellation_state const& state) {
  return (state.cancelled() & asio::cancellation_type::terminal) != asio::cancellation_type::none;
}

}  // namespace

void unwritten::consume(std::size_t count) {
  auto& [head, body] = bytes;
  auto const of_head = std::min(count, head.size());
  head += of_head;
  body += count - of_head;
}

connection::connection(tcp::socket peer, limits const& bounds)
    : socket_{std::move(peer)},
      deadline_{socket_},
      limits_{bounds},
      buffer_{bounds.header.value + 2 * read_size} {
  beast::error_code gone;  // a peer that has left shows at the first read
  peer_ = socket_.remote_endpoint(gone).address().to_string();
  // Responses are written whole: waiting for acknowledgements would only add delay.
  socket_.set_option(tcp::no_delay{true}, gone);
  socket_.non_blocking(true, gone);
}

asio::awaitable<bool> connection::wait_for_request() {
  if (has_input()) co_return true;
  deadline_.set(limits_.idle_time);
  auto const error = co_await read_more();
  if (!error) co_return true;
  if (error != asio::error::operation_aborted || timed_out()) co_return false;
  beast::error_code gone;
  auto const arrived = socket_.available(gone);
  co_return !gone && arrived > 0;
}

asio::awaitable<beast::error_code> connection::read_more() {
  if (buffer_.size() + read_size > buffer_.max_size())
    co_return make_error_code(beast::http::error::header_limit);
  auto const space = buffer_.prepare(read_size);
  auto const [error, count] = co_await socket_.async_read_some(space, as_result);
  buffer_.commit(count);
  co_return error;
}

// \return need_more when the parser has taken all that it can use of the buffer.
beast::error_code connection::feed(request_parser& into) {
  beast::error_code error = beast::http::error::need_more;
  if (!has_input()) return error;
  error = {};
  auto const used = into.put(buffer_.data(), error);
  buffer_.consume(used);
  taken_ += used;
  return error;
}

beast::error_code connection::begin_head(request_parser& into) {
  taken_ = 0;
  into.header_limit(static_cast<std::uint32_t>(limits_.header.value + read_size));  // ours is exact
  return parse_head(into);
}

beast::error_code connection::parse_head(request_parser& into) {
  auto const too_large = make_error_code(beast::http::error::header_limit);
  auto const limit = limits_.header.value;
  while (true) {
    auto const error = feed(into);
    if (into.is_header_done()) return taken_ > limit ? too_large : beast::error_code{};
    if (error && error != beast::http::error::need_more) return error;
    // Whatever is here belongs to the head, and at least one byte of it is missing.
    if (taken_ + buffer_.size() >= limit) return too_large;
    if (error) return error;
  }
}

asio::awaitable<beast::error_code> connection::read_head(request_parser& into) {
  deadline_.set(limits_.head_time);
  beast::error_code error = beast::http::error::need_more;
  while (error == beast::http::error::need_more) {
    error = co_await read_more();
    if (!error) error = parse_head(into);
  }
  co_return error;
}

asio::awaitable<beast::error_code> connection::read_body(request_parser& into) {
  bool waiting = false;
  while (!into.is_done()) {
    auto const error = feed(into);
    if (into.is_done()) break;
    if (error && error != beast::http::error::need_more) co_return error;
    if (!error && has_input()) continue;
    if (!std::exchange(waiting, true)) deadline_.set(limits_.body_time);
    if (auto const failed = co_await read_more()) co_return failed;
  }
  co_return beast::error_code{};
}

asio::awaitable<void> connection::wait_for_close() {
  auto const [failed] = co_await socket_.async_wait(tcp::socket::wait_read, as_result);
  if (failed) co_return;
  char byte = 0;
  beast::error_code error;
  socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
  if (error) co_return;  // at its end, or reset
  asio::steady_timer forever{co_await asio::this_coro::executor,
                             asio::steady_timer::time_point::max()};
  co_await forever.async_wait(as_result);
}

beast::error_code connection::begin_write(unwritten& what) {
  beast::error_code error;
  what.consume(socket_.write_some(what.bytes, error));
  return error == asio::error::would_block ? beast::error_code{} : error;
}

asio::awaitable<beast::error_code> connection::write(unwritten what) {
  auto const state = co_await asio::this_coro::cancellation_state;
  deadline_.set(limits_.write_time);
  while (asio::buffer_size(what.bytes) > 0) {
    if (is_cut(state)) co_return asio::error::operation_aborted;
    auto const [error, count] = co_await socket_.async_write_some(what.bytes, as_result);
    if (error) co_return error;
    what.consume(count);
  }
  if (!what.source) co_return beast::error_code{};
  co_return co_await write_from(*what.source);
}

asio::awaitable<beast::error_code> connection::write_from(body_source& source) {
  auto const state = co_await asio::this_coro::cancellation_state;
  auto const piece = std::make_unique<char[]>(source_piece);
  for (auto left = source.size().value; left > 0;) {
    deadline_.clear();
    auto const space = asio::buffer(piece.get(), std::min<std::uint64_t>(left, source_piece));
    auto const got = co_await source.read(space);
    if (is_cut(state)) co_return asio::error::operation_aborted;
    deadline_.set(limits_.write_time);
    auto const filled = asio::buffer(space, got);
    auto const [error, count] = co_await asio::async_write(socket_, filled, as_result);
    if (error) co_return error;
    left -= got;
  }
  co_return beast::error_code{};
}

asio::awaitable<void> connection::linger() {
  beast::error_code gone;
  socket_.shutdown(tcp::socket::shutdown_send, gone);
  if (gone) co_return;
  deadline_.set(linger_time);
  for (std::size_t taken = 0; taken < linger_bytes;) {
    buffer_.clear();
    auto const space = buffer_.prepare(read_size);
    auto const [error, count] = co_await socket_.async_read_some(space, as_result);
    if (error) co_return;
    taken += count;
  }
}

}  // namespace loopscope::http
