#include <loopscope/http/connection_impl.hpp>
#include <loopscope/http/head_rules_impl.hpp>
#include <loopscope/http/session_impl.hpp>
#include <loopscope/http/target.hpp>
#include <loopscope/runtime/labelled_executor.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/string.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace loopscope::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

namespace {

class session {
 public:
  session(tcp::socket peer, service const& what)
      : peer_{std::move(peer), what.limits}, service_{what} {}

  asio::awaitable<void> run();

 private:
  asio::awaitable<void> heed_cancellation();
  asio::awaitable<bool> read_head();
  asio::awaitable<void> exchange_one();
  asio::awaitable<response> answer();
  asio::awaitable<response> answer_routed(match found, std::string_view query);
  asio::awaitable<std::optional<response>> read_body(byte_count limit);
  asio::awaitable<response> call(route const& to, request const& with);
  asio::awaitable<response> call_while_connected(route const& to, request const& with);

  std::optional<response> refusal(std::optional<target> const& where, match const& found);
  void complete_head(response& reply);
  void fail(beast::error_code error);

  connection peer_;
  service const& service_;
  std::optional<request_parser> parser_;
  std::optional<response> early_;  // the answer to a request that could not be read
  exchange exchange_;
  std::string id_;
  std::string path_;
  bool closing_ = false;        // no further request after this one
  bool input_is_left_ = false;  // the request was not read to its end
};

asio::awaitable<void> session::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto const promote = [](asio::cancellation_type type) {
    return type == asio::cancellation_type::none ? type : asio::cancellation_type::terminal;
  };
  while (!closing_) {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation(), promote);
    auto const arrived = co_await peer_.wait_for_request();
    co_await heed_cancellation();
    if (!arrived || !co_await read_head()) break;
    co_await heed_cancellation();

    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation(),
                                                       asio::enable_terminal_cancellation());
    co_await exchange_one();
    co_await heed_cancellation();
  }
  if (input_is_left_ || peer_.has_input()) co_await peer_.linger();
}

// Whoever told us to close did so once, and a reset of the state forgets it.
asio::awaitable<void> session::heed_cancellation() {
  auto const state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) closing_ = true;
}

// \return false if there is nobody to answer.
asio::awaitable<bool> session::read_head() {
  parser_.emplace();
  parser_->body_limit(boost::none);
  parser_->eager(false);
  early_.reset();
  exchange_ = {};
  auto const error = co_await peer_.read_head(*parser_);
  if (error) fail(error);
  co_return !error || early_;
}

// Turns a failed read into an answer, or into none where nobody is there to read it.
void session::fail(beast::error_code error) {
  closing_ = true;
  static auto const& parse_errors = make_error_code(beast::http::error::bad_value).category();
  if (error.category() == parse_errors)
    early_ = answer_to_bad_head(error);
  else if (peer_.timed_out())
    early_ = problem(status::request_timeout, "the request took too long to arrive");
  input_is_left_ = early_.has_value();
}

asio::awaitable<void> session::exchange_one() {
  auto const started = std::chrono::steady_clock::now();
  auto const own_id = view(parser_->get()["x-request-id"]);
  id_ = usable_id(own_id) ? std::string{own_id} : next_request_id();
  path_.clear();
  exchange_.id = id_;
  exchange_.peer = peer_.peer();
  response reply;
  if (early_)
    reply = std::move(*early_);
  else
    reply = co_await answer();
  co_await heed_cancellation();
  complete_head(reply);
  exchange_.status = reply.code();
  auto const head_only = parser_->get().method() == verb::head;
  if (!co_await peer_.write(reply, head_only)) {
    closing_ = true;
    input_is_left_ = false;  // nobody is left to linger for
  }
  exchange_.duration = std::chrono::steady_clock::now() - started;
  service_.observer.finished(exchange_);
}

asio::awaitable<response> session::answer() {
  auto const& head = parser_->get();
  exchange_.method = view(head.method_string());
  auto const raw = view(head.target());
  auto where = parse_target(raw);
  path_ = where ? where->path : std::string{raw.substr(0, raw.find('?'))};
  exchange_.path = path_;
  // Until the body is read, it lies in the way of the next request.
  input_is_left_ = parser_->chunked() || announced_length(*parser_) > 0;

  auto found = where ? service_.routes.find(head.method(), path_) : match{};
  if (auto refused = refusal(where, found)) co_return std::move(*refused);
  exchange_.route = found.route->path;
  co_return co_await answer_routed(std::move(found), where->query);
}

// Why a request is not handed to a route. The guard comes before the router's answers.
std::optional<response> session::refusal(std::optional<target> const& where, match const& found) {
  auto const& head = parser_->get();
  if (host_is_wrong(head))
    return problem(status::bad_request, "exactly one Host header is required");
  auto const wants_token = found.route && found.route->access == access::token;
  if (service_.guard.covers(path_) || wants_token) {
    exchange_.guarded = true;
    exchange_.admitted = service_.guard.admits(head);
    if (!exchange_.admitted) return problem(status::forbidden, "this is not open to you");
  }
  if (coding_is_unknown(head)) {
    input_is_left_ = true;
    return problem(status::not_implemented, "the only transfer coding is chunked");
  }
  if (!where) return problem(status::bad_request, "the request target is malformed");
  if (!found.allow.empty()) {
    auto reply = problem(status::method_not_allowed, "this path takes " + found.allow);
    reply.message.set(field::allow, found.allow);
    return reply;
  }
  if (!found.route) return problem(status::not_found, "nothing is at this path");
  return std::nullopt;
}

asio::awaitable<response> session::answer_routed(match found, std::string_view query) {
  auto const& to = *found.route;
  auto checked = check_parameters(to.parameters, query);
  if (auto const* wrong = std::get_if<std::string>(&checked))
    co_return problem(status::bad_request, *wrong);
  if (auto unread = co_await read_body(to.body_limit)) co_return std::move(*unread);

  auto const with =
      request{parser_->get(), std::get<arguments>(std::move(checked)), std::move(found.segment)};
  co_return co_await call(to, with);
}

// Reads the body; an answer instead if it is too large, too slow or malformed.
asio::awaitable<std::optional<response>> session::read_body(byte_count limit) {
  if (announced_length(*parser_) > limit.value) {
    auto const detail = "the body is limited to " + std::to_string(limit.value) + " bytes";
    co_return problem(status::payload_too_large, detail);
  }
  parser_->body_limit(limit.value);
  parser_->eager(true);
  auto const expects = view(parser_->get()[field::expect]);
  if (!parser_->is_done() && !peer_.has_input() && beast::iequals(expects, "100-continue"))
    std::ignore = co_await peer_.write("HTTP/1.1 100 Continue\r\n\r\n");  // the read tells
  auto const error = co_await peer_.read_body(*parser_);
  if (!error) {
    input_is_left_ = false;
    co_return std::nullopt;
  }
  fail(error);
  // Who has left reads no answer: writing to him fails, and that ends the session.
  if (!early_) early_ = problem(status::bad_request, "the body is incomplete");
  co_return std::exchange(early_, std::nullopt);
}

asio::awaitable<response> session::call(route const& to, request const& with) {
  std::string reason;
  try {
    if (to.cancel_on_disconnect) co_return co_await call_while_connected(to, with);
    auto const loop = co_await asio::this_coro::executor;
    runtime::labelled_executor const labelled{loop, &to.path};
    co_return co_await asio::co_spawn(labelled, to.handler(with), asio::use_awaitable);
  } catch (std::exception const& error) {
    reason = error.what();
  }
  service_.log.error("handler_failed", {{"id", id_}, {"route", to.path}, {"reason", reason}});
  co_return problem(status::internal_server_error, "the log has the reason under this request id");
}

asio::awaitable<response> session::call_while_connected(route const& to, request const& with) {
  auto const loop = co_await asio::this_coro::executor;
  runtime::labelled_executor const labelled{loop, &to.path};
  auto race = asio::experimental::make_parallel_group(
      asio::co_spawn(labelled, to.handler(with), asio::deferred),
      asio::co_spawn(loop, peer_.wait_for_close(), asio::deferred));
  auto outcome = co_await race.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
  if (auto const failure = std::get<1>(outcome)) std::rethrow_exception(failure);
  co_return std::move(std::get<2>(outcome));
}

// Everything in an answer's head that does not depend on the handler.
void session::complete_head(response& reply) {
  auto& message = reply.message;
  auto const& head = parser_->get();
  if (!parser_->is_header_done() || !head.keep_alive() || input_is_left_) closing_ = true;
  message.version(head.version() == 10 ? 10 : 11);
  message.keep_alive(!closing_);
  message.set(field::date, date_now());
  message.set("x-request-id", id_);
  if (exchange_.admitted) message.set("x-lab-instance", service_.instance);
  message.insert(field::cache_control, "no-store");
  if (reply.source) {
    exchange_.body_bytes = reply.source->size().value;
    message.content_length(exchange_.body_bytes);
  } else {
    exchange_.body_bytes = message.body().size();
    message.prepare_payload();
  }
}

}  // namespace

asio::awaitable<void> run_session(tcp::socket peer, service const& what) {
  session one{std::move(peer), what};
  co_await one.run();
}

asio::awaitable<void> refuse_connection(tcp::socket peer, limits const& bounds) {
  connection one{std::move(peer), bounds};
  auto reply = problem(status::service_unavailable, "too many connections");
  reply.message.version(11);
  reply.message.keep_alive(false);
  reply.message.set(field::date, date_now());
  reply.message.set(field::retry_after, "1");
  reply.message.prepare_payload();
  if (co_await one.write(reply, false)) co_await one.linger();
}

}  // namespace loopscope::http
