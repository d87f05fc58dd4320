#include <loopscope/http/ascii_impl.hpp>
#include <loopscope/http/connection_impl.hpp>
#include <loopscope/http/dispatch_impl.hpp>
#include <loopscope/http/request_rules_impl.hpp>
#include <loopscope/http/response_head_impl.hpp>
#include <loopscope/http/session_impl.hpp>
#include <loopscope/http/target.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

namespace loopscope::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using namespace std::string_view_literals;

namespace {

class session {
 public:
  session(tcp::socket peer, service const& what)
      : peer_{std::move(peer), what.limits}, service_{what} {}

  asio::awaitable<void> run();

 private:
  void note_cancellation(asio::cancellation_state const& state);
  beast::error_code begin_head();
  void begin_exchange();
  asio::awaitable<void> exchange_one();
  asio::awaitable<response> dispatch(matched_request what);
  asio::awaitable<std::optional<response>> read_body(byte_count limit);

  std::variant<matched_request, response> match_or_refuse();
  std::optional<response> refusal(std::optional<target> const& where, match const& found);
  bool can_run_inline(matched_request const& what) const;
  response call_inline(matched_request const& what);
  dispatcher handlers() { return {peer_, service_.log, id_}; }
  std::string complete_head(response const& to_send);
  void finish_request();
  void fail(beast::error_code error);

  connection peer_;
  service const& service_;
  std::optional<request_parser> parser_;
  std::optional<response> early_;  // the response to a request that could not be read
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
    auto const idle = co_await asio::this_coro::cancellation_state;
    auto const arrived = co_await peer_.wait_for_request();
    note_cancellation(idle);
    if (!arrived) break;
    auto error = begin_head();
    if (error == beast::http::error::need_more) error = co_await peer_.read_head(*parser_);
    if (error) fail(error);
    if (error && !early_) break;
    note_cancellation(idle);

    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation(),
                                                       asio::enable_terminal_cancellation());
    auto const busy = co_await asio::this_coro::cancellation_state;
    co_await exchange_one();
    note_cancellation(busy);
  }
  if (input_is_left_ || peer_.has_input()) co_await peer_.linger();
}

// A cancellation comes only once, and a reset of the state forgets it.
void session::note_cancellation(asio::cancellation_state const& state) {
  if (state.cancelled() != asio::cancellation_type::none) closing_ = true;
}

beast::error_code session::begin_head() {
  parser_.emplace();
  parser_->body_limit(boost::none);
  parser_->eager(false);
  early_.reset();
  return peer_.begin_head(*parser_);
}

// Turns a failed read into a response, or into none where the client has left.
void session::fail(beast::error_code error) {
  closing_ = true;
  static auto const& parse_errors = make_error_code(beast::http::error::bad_value).category();
  if (error.category() == parse_errors)
    early_ = response_to_bad_request(error);
  else if (peer_.timed_out())
    early_ = problem(status::request_timeout, "the request took too long to arrive");
  input_is_left_ = early_.has_value();
}

void session::begin_exchange() {
  auto const own_id = view(parser_->get()["x-request-id"]);
  id_ = usable_id(own_id) ? std::string{own_id} : next_request_id();
  path_.clear();
  exchange_ = {};
  exchange_.id = id_;
  exchange_.peer = peer_.peer();
}

asio::awaitable<void> session::exchange_one() {
  auto const started = std::chrono::steady_clock::now();
  begin_exchange();
  response to_send;
  if (early_) {
    to_send = std::move(*early_);
  } else {
    auto next = match_or_refuse();
    if (auto* const refused = std::get_if<response>(&next))
      to_send = std::move(*refused);
    else if (auto& what = std::get<matched_request>(next); can_run_inline(what))
      to_send = call_inline(what);
    else
      to_send = co_await dispatch(std::move(what));
  }
  note_cancellation(co_await asio::this_coro::cancellation_state);
  auto const head = complete_head(to_send);
  auto const has_body = parser_->get().method() != verb::head;
  auto const& body = to_send.message.body();
  unwritten rest{{asio::buffer(head), asio::buffer(body.data(), has_body ? body.size() : 0)},
                 has_body ? to_send.source.get() : nullptr};
  beast::error_code error;
  // A client that has sent the next request already waits its turn, so that others have theirs.
  if (!peer_.has_input()) error = peer_.begin_write(rest);
  try {
    if (!error && !rest.empty()) error = co_await peer_.write(rest);
  } catch (std::exception const& broken) {
    service_.log.error("response_cut", {{"id", id_}, {"path", path_}, {"reason", broken.what()}});
    error = asio::error::broken_pipe;
  }
  if (error) {
    closing_ = true;
    input_is_left_ = false;  // there is no client left to linger for
  }
  exchange_.duration = std::chrono::steady_clock::now() - started;
  service_.observer.finished(exchange_);
}

// Also decides whether the connection goes on.
std::string session::complete_head(response const& to_send) {
  auto const& asked = parser_->get();
  if (!parser_->is_header_done() || !asked.keep_alive() || input_is_left_) closing_ = true;
  exchange_.status = to_send.code();
  exchange_.body_bytes = to_send.body_size();
  auto const* const instance = is_admitted(exchange_) ? &service_.instance : nullptr;
  return head_text(to_send, {asked.version(), !closing_, id_, instance});
}

// The request with its route, or why it is refused. Its body is not read yet.
std::variant<matched_request, response> session::match_or_refuse() {
  auto const& head = parser_->get();
  exchange_.method = view(head.method_string());
  auto const raw = view(head.target());
  auto const where = parse_target(raw);
  path_ = where ? where->path : std::string{raw.substr(0, raw.find('?'))};
  exchange_.path = path_;
  // Until the body is read, it lies in the way of the next request.
  input_is_left_ = parser_->chunked() || announced_length(*parser_) > 0;

  auto found = where ? service_.routes.find(head.method(), path_) : match{};
  if (auto refused = refusal(where, found)) return std::move(*refused);
  exchange_.route = found.route->path;
  auto checked = check_parameters(found.route->parameters, where->query);
  if (auto const* wrong = std::get_if<std::string>(&checked))
    return problem(status::bad_request, *wrong);
  return matched_request{found.route, found.label, std::get<arguments>(std::move(checked)),
                         std::move(found.segment)};
}

// Why a request is not handed to a route. The guard comes before the router's responses.
std::optional<response> session::refusal(std::optional<target> const& where, match const& found) {
  auto const& head = parser_->get();
  if (host_is_wrong(head))
    return problem(status::bad_request, "exactly one Host header is required");
  auto const wants_token = found.route && found.route->access == access::token;
  if (service_.guard.covers(path_) || wants_token) {
    exchange_.verdict = service_.guard.judge(head);
    if (!is_admitted(exchange_)) return problem(status::forbidden, "this is not open to you");
  }
  if (coding_is_unknown(head)) {
    input_is_left_ = true;
    return problem(status::not_implemented, "the only transfer coding is chunked");
  }
  if (!where) return problem(status::bad_request, "the request target is malformed");
  if (!found.allow.empty()) {
    auto refused = problem(status::method_not_allowed, "this path takes " + found.allow);
    refused.message.set(field::allow, found.allow);
    return refused;
  }
  if (!found.route) return problem(status::not_found, "nothing is at this path");
  return std::nullopt;
}

bool session::can_run_inline(matched_request const& what) const {
  return parser_->is_done() && std::holds_alternative<sync_handler>(what.to->handler);
}

// Most requests have no body and a handler that waits for nothing: they take no coroutine.
response session::call_inline(matched_request const& what) {
  finish_request();
  return handlers().call(what, parser_->get());
}

asio::awaitable<response> session::dispatch(matched_request what) {
  if (auto unread = co_await read_body(what.to->body_limit)) co_return std::move(*unread);
  if (!what.to->parameters.empty() && has_form(parser_->get()))
    co_return problem(status::bad_request,
                      "parameters go into the query string, not into the body");
  if (std::holds_alternative<sync_handler>(what.to->handler)) co_return call_inline(what);
  auto to = handlers();
  co_return co_await to.call_async(what, parser_->get());
}

// The whole request is here: the response may take its time.
void session::finish_request() {
  peer_.clear_deadline();
  input_is_left_ = false;
}

// Reads the body; a response instead if it is too large, too slow or malformed.
asio::awaitable<std::optional<response>> session::read_body(byte_count limit) {
  if (announced_length(*parser_) > limit.value) {
    auto const detail = "the body is limited to " + std::to_string(limit.value) + " bytes";
    co_return problem(status::payload_too_large, detail);
  }
  parser_->body_limit(limit.value);
  parser_->eager(true);
  auto const expects = view(parser_->get()[field::expect]);
  if (!parser_->is_done() && !peer_.has_input() && iequals(expects, "100-continue")) {
    unwritten const go_on{{asio::buffer("HTTP/1.1 100 Continue\r\n\r\n"sv)}};
    std::ignore = co_await peer_.write(go_on);  // the read fails then
  }
  auto const error = co_await peer_.read_body(*parser_);
  if (!error) {
    finish_request();
    co_return std::nullopt;
  }
  fail(error);
  // A client that has left reads no response: writing it fails, and that ends the session.
  if (!early_) early_ = problem(status::bad_request, "the body is incomplete");
  co_return std::exchange(early_, std::nullopt);
}

}  // namespace

asio::awaitable<void> run_session(tcp::socket peer, service const& what) {
  session one{std::move(peer), what};
  co_await one.run();
}

}  // namespace loopscope::http
