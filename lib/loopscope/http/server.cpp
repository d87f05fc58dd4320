#include <loopscope/http/connection_impl.hpp>
#include <loopscope/http/request_rules_impl.hpp>
#include <loopscope/http/response_head_impl.hpp>
#include <loopscope/http/server.hpp>
#include <loopscope/http/session_impl.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <new>
#include <sstream>
#include <system_error>
#include <utility>

namespace loopscope::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

constexpr auto accept_backoff = 100ms;

// So many refusals at a time have a response: a flood must not cost memory.
constexpr std::size_t max_refusals = 64;

// \throws std::system_error with a message for people.
tcp::acceptor open_acceptor(asio::any_io_executor const& loop, tcp::endpoint const& where) {
  tcp::acceptor acceptor{loop};
  boost::system::error_code error;
  acceptor.open(where.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor.bind(where, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) acceptor.non_blocking(true, error);
  if (!error) return acceptor;
  std::ostringstream text;
  text << "cannot listen on " << where;
  throw std::system_error{error, std::move(text).str()};
}

// Sends 503 to one connection too many and closes it.
asio::awaitable<void> refuse_connection(tcp::socket peer, limits const& bounds) {
  connection one{std::move(peer), bounds};
  auto refusal = problem(status::service_unavailable, "too many connections");
  refusal.message.set(field::retry_after, "1");
  auto const id = next_request_id();
  auto const head = head_text(refusal, {.request_id = id});
  unwritten const whole{{asio::buffer(head), asio::buffer(refusal.message.body())}};
  auto const error = co_await one.write(whole);
  if (!error) co_await one.linger();
}

}  // namespace

server::server(asio::any_io_executor const& loop, tcp::endpoint const& where, service what)
    : service_{std::move(what)},
      acceptor_{open_acceptor(loop, where)},
      endpoint_{acceptor_.local_endpoint()},
      sessions_{loop, runtime::report_to(service_.log, "connection_failed")},
      listener_{loop, runtime::report_to(service_.log, "connection_failed")},
      refusals_{loop, runtime::report_to(service_.log, "connection_failed")} {}

server::~server() = default;

std::size_t server::connections() const noexcept {
  return sessions_.size() + refusals_.size();
}

void server::start() {
  listener_.spawn([this] { return accept(); });
}

void server::serve(tcp::socket peer) {
  if (sessions_.size() < service_.limits.connections)
    sessions_.spawn([this, peer = std::move(peer)]() mutable {
      return run_session(std::move(peer), service_);
    });
  else if (refusals_.size() < max_refusals)
    refusals_.spawn([this, peer = std::move(peer)]() mutable {
      return refuse_connection(std::move(peer), service_.limits);
    });
}

// A connection for which there is no memory is closed; those to come may find some.
boost::system::error_code server::try_to_serve(tcp::socket peer) {
  try {
    serve(std::move(peer));
    return {};
  } catch (std::bad_alloc const&) {
    return asio::error::no_memory;
  }
}

asio::awaitable<void> server::accept() {
  // A cancellation that comes between two waits ends the loop, not with an exception at the next.
  co_await asio::this_coro::throw_if_cancelled(false);
  auto const loop = co_await asio::this_coro::executor;
  auto const state = co_await asio::this_coro::cancellation_state;
  while (state.cancelled() == asio::cancellation_type::none) {
    auto [error, peer] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    if (!error) error = try_to_serve(std::move(peer));
    if (error) {
      // Out of descriptors or memory, most likely: trying again at once would spin.
      service_.log.warn("accept_failed", {{"reason", error.message()}});
      asio::steady_timer pause{loop, accept_backoff};
      auto const [stopped] = co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      if (stopped) co_return;
    }
  }
}

asio::awaitable<void> server::stop(std::chrono::milliseconds grace) {
  listener_.cancel(asio::cancellation_type::terminal);
  co_await listener_.wait();
  // To the clients in the backlog they are connected: serve them too.
  boost::system::error_code drained;
  while (true) {
    auto peer = acceptor_.accept(drained);
    if (drained) break;
    if (try_to_serve(std::move(peer))) break;
  }
  acceptor_.close();
  // Those just spawned have to run once before they can be cancelled.
  co_await asio::post(acceptor_.get_executor(), asio::use_awaitable);

  sessions_.cancel(asio::cancellation_type::total);
  auto const done = co_await sessions_.wait(grace);
  if (!done) service_.log.warn("connections_cut", {{"count", sessions_.size()}});
  sessions_.cancel(asio::cancellation_type::terminal);
  refusals_.cancel(asio::cancellation_type::terminal);
  co_await sessions_.wait();
  co_await refusals_.wait();
}

}  // namespace loopscope::http
