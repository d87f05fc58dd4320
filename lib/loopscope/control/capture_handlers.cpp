#include <loopscope/base/expects.hpp>
#include <loopscope/control/capture_handlers.hpp>
#include <loopscope/control/capture_json.hpp>
#include <loopscope/runtime/call_on.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace loopscope::control {

namespace asio = boost::asio;

namespace {

std::string path_of(std::string const& id) {
  return "/api/lab/captures/" + id;
}

http::response accepted(std::string const& id) {
  auto const location = path_of(id);
  boost::json::object const body{{"id", id}, {"location", location}};
  auto reply = http::json(http::status::accepted, body);
  reply.message.set(http::field::location, location);
  return reply;
}

http::response outcome_of(capture::cpu_capture_state const& state) {
  if (state.phase == capture::capture_phase::done)
    return http::json(http::status::ok, result_json(state));
  auto const error = state.error ? state.error : make_error_code(errc::cancelled);
  auto const detail = state.detail.empty() ? "" : ": " + state.detail;
  return http::problem(error, error.message() + detail);
}

// On the control thread.
asio::awaitable<std::optional<capture::cpu_capture_state>> find(capture::cpu_capture& cpu,
                                                                std::string id) {
  co_return cpu.find(id);
}

// Whoever has lost the id of a capture finds it here, to wait for its end or to cancel it.
asio::awaitable<std::string> why_busy(capture::cpu_capture& cpu) {
  auto const id = cpu.running();
  co_return id ? "a capture runs: " + path_of(*id) : make_error_code(errc::busy).message();
}

asio::awaitable<bool> cancel(capture::cpu_capture& cpu, std::string id) {
  co_return cpu.cancel(id);
}

}  // namespace

asio::awaitable<http::response> record_cpu_profile::operator()(http::request const& request) const {
  capture::cpu_request const asked{std::chrono::seconds{request.parameters.integer("seconds")},
                                   static_cast<int>(request.parameters.integer("hz"))};
  co_await asio::this_coro::throw_if_cancelled(false);
  auto const id = co_await runtime::call_on(control, cpu.start(asked));
  if (!id && id.error() == make_error_code(errc::busy)) {
    auto const reason = co_await runtime::call_on(control, why_busy(cpu));
    co_return http::problem(errc::busy, reason);
  }
  if (!id) co_return http::problem(id.error());
  if (request.parameters.choice("async") == "true") co_return accepted(*id);
  // A client that leaves ends its capture, which ends the wait.
  auto tell = [this, id = *id] {
    asio::post(control, [&capture = cpu, id] { std::ignore = capture.cancel(id); });
  };
  auto const caller = co_await asio::this_coro::cancellation_state;
  if (caller.cancelled() != asio::cancellation_type::none) tell();
  auto slot = caller.slot();
  if (slot.is_connected()) slot.assign([tell](asio::cancellation_type) { tell(); });
  auto const state = co_await runtime::call_on(control, cpu.wait(*id));
  slot.clear();
  LOOPSCOPE_EXPECTS(state.has_value());
  co_return outcome_of(*state);
}

asio::awaitable<http::response> show_capture::operator()(http::request const& request) const {
  auto const state = co_await runtime::call_on(control, find(cpu, request.path_segment));
  if (!state) co_return http::problem(errc::not_found);
  co_return http::json(http::status::ok, progress_json(*state));
}

asio::awaitable<http::response> cancel_capture::operator()(http::request const& request) const {
  auto const known = co_await runtime::call_on(control, cancel(cpu, request.path_segment));
  co_return known ? http::empty(http::status::no_content) : http::problem(errc::not_found);
}

std::vector<http::parameter> cpu_profile_parameters() {
  return {http::integer_parameter{"seconds", capture::min_recording.count(),
                                  capture::max_recording.count(), 30},
          http::integer_parameter{"hz", cpu::min_hz, cpu::max_hz, 100},
          http::choice_parameter{"async", {"true", "false"}, "false"}};
}

}  // namespace loopscope::control
