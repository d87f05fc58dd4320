#include <loopscope/http/connection_impl.hpp>

#include <boost/asio/as_tuple.hpp>
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
  auto const state = co_await asio::this_coro::cancellation_state;
  skip_empty_lines();
  if (has_begun()) co_return true;
  deadline_.set(limits_.idle_time);
  while (!timed_out() && state.cancelled() == asio::cancellation_type::none) {
    // Without read_more(): a coroutine less for each request.
    auto const space = buffer_.prepare(read_size);
    auto const [error, count] = co_await socket_.async_read_some(space, as_result);
    buffer_.commit(count);
    skip_empty_lines();
    if (has_begun()) co_return true;
    if (error && error != asio::error::operation_aborted) co_return false;
  }
  beast::error_code gone;
  auto const arrived = timed_out() ? 0 : socket_.available(gone);
  co_return !gone && arrived > 0;
}

// Half an empty line does not begin a request yet.
bool connection::has_begun() const {
  return has_input() && text_of(buffer_.data()) != "\r";
}

void connection::skip_empty_lines() {
  buffer_.consume(empty_lines_before(text_of(buffer_.data())));
}

asio::awaitable<beast::error_code> connection::read_more() {
  if (buffer_.size() + read_size > buffer_.max_size())
    co_return make_error_code(beast::http::error::header_limit);
  // What came while no read was under way has cancelled none.
  if (timed_out() || is_cut(co_await asio::this_coro::cancellation_state))
    co_return asio::error::operation_aborted;
  auto const space = buffer_.prepare(read_size);
  auto const [error, count] = co_await socket_.async_read_some(space, as_result);
  buffer_.commit(count);
  co_return error;
}

beast::error_code connection::begin_head(request_reader& into) {
  taken_ = 0;
  return parse_head(into);
}

beast::error_code connection::parse_head(request_reader& into) {
  auto const limit = limits_.header.value;
  beast::error_code error;
  auto const used = into.put_head(buffer_.data(), error);
  buffer_.consume(used);
  taken_ += used;
  // Whatever is here belongs to an incomplete head, and at least one byte of it is missing.
  auto const length = into.is_head_done() ? taken_ : taken_ + buffer_.size() + 1;
  auto const is_refused = error && error != beast::http::error::need_more;
  return length > limit && !is_refused ? make_error_code(beast::http::error::header_limit) : error;
}

asio::awaitable<beast::error_code> connection::read_head(request_reader& into) {
  deadline_.set(limits_.head_time);
  beast::error_code error = beast::http::error::need_more;
  while (error == beast::http::error::need_more) {
    error = co_await read_more();
    if (!error) error = parse_head(into);
  }
  co_return error;
}

asio::awaitable<beast::error_code> connection::read_body(request_reader& into) {
  bool waiting = false;
  while (true) {
    beast::error_code error;
    buffer_.consume(into.put_body(buffer_.data(), error));
    if (error != beast::http::error::need_more) co_return error;
    if (!std::exchange(waiting, true)) deadline_.set(limits_.body_time);
    if (auto const failed = co_await read_more()) co_return failed;
  }
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
  while (asio::buffer_size(what.bytes) > 0) {
    if (is_cut(state)) co_return asio::error::operation_aborted;
    deadline_.set_for_progress(limits_.write_time);
    auto const [error, count] = co_await socket_.async_write_some(what.bytes, as_result);
    if (error) co_return error;
    what.consume(count);
  }
  if (!what.source) co_return beast::error_code{};
  co_return co_await write_from(*what.source);
}

asio::awaitable<beast::error_code> connection::write_from(body_source& source) {
  auto const piece = std::make_unique<char[]>(source_piece);
  for (auto left = source.size().value; left > 0;) {
    deadline_.clear();
    auto const space = asio::buffer(piece.get(), std::min<std::uint64_t>(left, source_piece));
    auto const got = co_await source.read(space);
    unwritten const filled{{asio::buffer(space, got)}};
    if (auto const error = co_await write(filled)) co_return error;
    left -= got;
  }
  co_return beast::error_code{};
}

asio::awaitable<void> connection::linger() {
  auto const state = co_await asio::this_coro::cancellation_state;
  beast::error_code gone;
  socket_.shutdown(tcp::socket::shutdown_send, gone);
  if (gone) co_return;
  deadline_.set(linger_time);
  for (std::size_t taken = 0; taken < linger_bytes && !timed_out() && !is_cut(state);) {
    buffer_.clear();
    auto const space = buffer_.prepare(read_size);
    auto const [error, count] = co_await socket_.async_read_some(space, as_result);
    if (error) co_return;
    taken += count;
  }
}

}  // namespace loopscope::http
