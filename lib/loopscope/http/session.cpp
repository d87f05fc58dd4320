#include <loopscope/http/admission_impl.hpp>
#include <loopscope/http/connection_impl.hpp>
#include <loopscope/http/dispatch_impl.hpp>
#include <loopscope/http/request_rules_impl.hpp>
#include <loopscope/http/response_head_impl.hpp>
#include <loopscope/http/session_impl.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
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

// Between two attempts to record a call for which the audit log has no room.
constexpr std::chrono::milliseconds first_audit_wait{10};
constexpr std::chrono::milliseconds last_audit_wait{640};

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

  bool can_run_inline(matched_request const& what) const;
  response call_inline(matched_request const& what);
  dispatcher handlers() { return {peer_, service_.log, id_, head_, reader_->body()}; }
  std::string complete_head(response const& to_send);
  asio::awaitable<bool> audited();
  bool has_body(response const& to_send) const;
  unwritten unwritten_of(response const& to_send, std::string_view head) const;
  beast::error_code begin_write(unwritten& rest);
  asio::awaitable<beast::error_code> write(unwritten rest);
  void log_cut(std::string_view reason);
  void finish_request();
  void fail(beast::error_code error);

  connection peer_;
  service const& service_;
  request_head head_;
  std::optional<request_reader> reader_;
  std::optional<response> early_;  // the response to a request that could not be read
  exchange exchange_;
  std::string id_;
  std::string path_;
  bool closing_ = false;        // no further request after this one
  bool input_is_left_ = false;  // the request was not read to its end
  bool is_cut_ = false;         // there is no client left who would get a response
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
    if (error == beast::http::error::need_more) error = co_await peer_.read_head(*reader_);
    if (error) fail(error);
    if (error && !early_) break;
    note_cancellation(idle);

    co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation(),
                                                       asio::enable_terminal_cancellation());
    auto const busy = co_await asio::this_coro::cancellation_state;
    co_await exchange_one();
    note_cancellation(busy);
  }
  if (!is_cut_ && (input_is_left_ || peer_.has_input())) co_await peer_.linger();
}

// A cancellation comes only once, and a reset of the state forgets it.
void session::note_cancellation(asio::cancellation_state const& state) {
  if (state.cancelled() != asio::cancellation_type::none) closing_ = true;
}

beast::error_code session::begin_head() {
  early_.reset();
  reader_.emplace(head_, service_.limits.header);
  return peer_.begin_head(*reader_);
}

// Turns a failed read into a response, or into none where the client has left.
void session::fail(beast::error_code error) {
  closing_ = true;
  static auto const& parse_errors = make_error_code(beast::http::error::bad_value).category();
  if (error.category() == parse_errors)
    early_ = response_to_bad_request(error, service_.limits.header);
  else if (peer_.timed_out())
    early_ = problem(status::request_timeout, "the request took too long to arrive");
  input_is_left_ = early_.has_value();
}

void session::begin_exchange() {
  auto const own_id = head_.find("x-request-id").first;
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
    auto judged = admit(service_, head_, path_, exchange_);
    // Until the body is read, it lies in the way of the next request.
    input_is_left_ = judged.ends_connection || reader_->has_body();
    if (auto* const refused = std::get_if<response>(&judged.next))
      to_send = std::move(*refused);
    else if (auto& what = std::get<matched_request>(judged.next); can_run_inline(what))
      to_send = call_inline(what);
    else
      to_send = co_await dispatch(std::move(what));
  }
  note_cancellation(co_await asio::this_coro::cancellation_state);
  auto const head = complete_head(to_send);
  // Nobody learns what a guarded call did before the audit log has it.
  auto is_recorded = !exchange_.verdict || service_.observer.audit(exchange_);
  if (!is_recorded) is_recorded = co_await audited();
  beast::error_code error = asio::error::operation_aborted;
  if (is_recorded) {
    auto rest = unwritten_of(to_send, head);
    error = begin_write(rest);
    if (!error && !rest.empty()) error = co_await write(rest);
  }
  if (error) closing_ = is_cut_ = true;
  exchange_.duration = std::chrono::steady_clock::now() - started;
  service_.observer.finished(exchange_);
}

// Waits until the audit log has room. \return false if the session is to end instead.
asio::awaitable<bool> session::audited() {
  auto const state = co_await asio::this_coro::cancellation_state;
  asio::steady_timer pause{co_await asio::this_coro::executor};
  peer_.clear_deadline();
  auto is_recorded = false;
  auto wait = first_audit_wait;
  // A cancellation may have come before, while the handler worked: it ends no wait that begins now.
  while (!is_recorded && !is_cut(state)) {
    pause.expires_after(wait);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    wait = std::min(2 * wait, last_audit_wait);
    is_recorded = service_.observer.audit(exchange_);
  }
  co_return is_recorded;
}

bool session::has_body(response const& to_send) const {
  return head_.method() != verb::head && to_send.code() != status::not_modified;
}

unwritten session::unwritten_of(response const& to_send, std::string_view head) const {
  auto const& body = to_send.message.body();
  auto const is_sent = has_body(to_send);
  return {{asio::buffer(head), asio::buffer(body.data(), is_sent ? body.size() : 0)},
          is_sent ? to_send.source.get() : nullptr};
}

beast::error_code session::begin_write(unwritten& rest) {
  // A client that has sent the next request already waits its turn, so that others have theirs.
  if (peer_.has_input()) return {};
  auto const error = peer_.begin_write(rest);
  if (error && rest.source) log_cut(error.message());
  return error;
}

asio::awaitable<beast::error_code> session::write(unwritten rest) {
  beast::error_code error;
  try {
    error = co_await peer_.write(rest);
    if (error && rest.source)
      log_cut(peer_.timed_out() ? "the client took nothing for too long" : error.message());
  } catch (std::exception const& broken) {
    log_cut(broken.what());
    error = asio::error::broken_pipe;
  }
  co_return error;
}

void session::log_cut(std::string_view reason) {
  service_.log.warn("response_cut", {{"id", id_}, {"path", path_}, {"reason", reason}});
}

// Also decides whether the connection goes on.
std::string session::complete_head(response const& to_send) {
  if (!reader_->is_head_done() || !keeps_connection(head_) || input_is_left_) closing_ = true;
  exchange_.status = to_send.code();
  exchange_.body_bytes = has_body(to_send) ? to_send.body_size() : 0;
  auto const* const instance = is_admitted(exchange_) ? &service_.instance : nullptr;
  return head_text(to_send, {head_.version(), !closing_, id_, instance});
}

bool session::can_run_inline(matched_request const& what) const {
  return !reader_->has_body() && std::holds_alternative<sync_handler>(what.to->handler);
}

// Most requests have no body and a handler that waits for nothing: they take no coroutine.
response session::call_inline(matched_request const& what) {
  finish_request();
  return handlers().call(what);
}

asio::awaitable<response> session::dispatch(matched_request what) {
  if (auto unread = co_await read_body(what.to->body_limit)) co_return std::move(*unread);
  if (!what.to->parameters.empty() && has_form(head_, reader_->body()))
    co_return problem(status::bad_request,
                      "parameters go into the query string, not into the body");
  if (std::holds_alternative<sync_handler>(what.to->handler)) co_return call_inline(what);
  auto to = handlers();
  co_return co_await to.call_async(what);
}

// The whole request is here: the response may take its time.
void session::finish_request() {
  peer_.clear_deadline();
  input_is_left_ = false;
}

// Reads the body; a response instead if it is too large, too slow or malformed.
asio::awaitable<std::optional<response>> session::read_body(byte_count limit) {
  if (!reader_->has_body()) {
    finish_request();
    co_return std::nullopt;
  }
  if (reader_->length() > limit.value) {
    auto const detail = "the body is limited to " + std::to_string(limit.value) + " bytes";
    co_return problem(status::payload_too_large, detail);
  }
  reader_->begin_body(limit, service_.limits.header);
  beast::error_code error;
  if (!peer_.has_input() && expects_continue(head_)) {
    unwritten const go_on{{asio::buffer("HTTP/1.1 100 Continue\r\n\r\n"sv)}};
    error = co_await peer_.write(go_on);
  }
  if (!error) error = co_await peer_.read_body(*reader_);
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
