#include <loopscope/base/expects.hpp>
#include <loopscope/control/capture_handlers.hpp>
#include <loopscope/control/capture_json.hpp>
#include <loopscope/runtime/call_on.hpp>

#include <boost/asio/this_coro.hpp>

#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace loopscope::control {

namespace asio = boost::asio;

namespace {

http::response accepted(captures const& all, std::string const& id) {
  auto const location = all.path + id;
  boost::json::object const body{{"id", id}, {"location", location}};
  auto response = http::json(http::status::accepted, body);
  response.message.set(http::field::location, location);
  return response;
}

http::response outcome_of(capture::capture_state const& state) {
  if (state.phase == capture::capture_phase::done)
    return http::json(http::status::ok, result_json(state));
  auto const detail = state.detail.empty() ? "" : ": " + state.detail;
  return http::problem(state.error, state.error.message() + detail);
}

// These three run on the control thread.
asio::awaitable<std::optional<capture::capture_state>> find(capture::job_registry& jobs,
                                                            std::string id) {
  co_return jobs.find(id);
}

asio::awaitable<std::optional<std::string>> running(capture::job_registry& jobs,
                                                    capture_kind kind) {
  co_return jobs.running(kind);
}

asio::awaitable<bool> cancel(capture::job_registry& jobs, std::string id) {
  co_return jobs.cancel(id);
}

// A client that has lost the id of a capture finds it here, to wait for its end or to cancel it.
asio::awaitable<http::response> busy(captures const& all, capture_kind kind) {
  auto const id = co_await runtime::call_on(all.control, running(all.jobs, kind));
  if (!id) co_return http::problem(errc::busy);
  co_return http::problem(errc::busy, "a capture runs: " + all.path + *id);
}

// Waits for the end of a capture, which the cancellation of the waiting coroutine brings on.
asio::awaitable<http::response> outcome(captures const& all, std::string id) {
  auto cancel = [jobs = &all.jobs, id] { std::ignore = jobs->cancel(id); };
  auto const state = co_await runtime::call_on(all.control, all.jobs.wait(id), std::move(cancel));
  LOOPSCOPE_EXPECTS(state.has_value());
  co_return outcome_of(*state);
}

// Starts a capture and waits for its end, or responds at once if that is asked for.
asio::awaitable<http::response> capture_response(captures const& all, capture_kind kind,
                                                 boost::json::object asked,
                                                 capture::job_registry::begin begin, bool waits) {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto work = all.jobs.start(kind, std::move(asked), std::move(begin));
  auto const id = co_await runtime::call_on(all.control, std::move(work));
  if (!id && id.error() == make_error_code(errc::busy)) co_return co_await busy(all, kind);
  if (!id && id.error() == make_error_code(errc::tracking_off))
    co_return http::problem(id.error(), "heap tracking is off: set its mode to exact or sampled");
  if (!id) co_return http::problem(id.error());
  if (!waits) co_return accepted(all, *id);
  co_return co_await outcome(all, *id);
}

model::presentation presentation_in(http::arguments const& given) {
  return {model::parse_name_style(given.choice("names")),
          model::parse_frame_style(given.choice("frames"))};
}

// How results are shown, and whether the response waits for them: of captures of every kind.
std::vector<http::parameter> common_parameters() {
  return {http::choice_parameter{"names", {"short", "full"}, "short"},
          http::choice_parameter{"frames", {"folded", "all"}, "folded"},
          http::choice_parameter{"async", {"true", "false"}, "false"}};
}

}  // namespace

asio::awaitable<http::response> record_cpu_profile::operator()(http::request const& request) const {
  auto const& given = request.parameters;
  capture::cpu_request const asked{std::chrono::seconds{given.integer("seconds")},
                                   static_cast<int>(given.integer("hz")), presentation_in(given)};
  boost::json::object shown{{"requestedSeconds", asked.duration.count()}, {"hz", asked.hz}};
  auto begin = [with = cpu, asked] { return capture::cpu_recorder::begin(with, asked); };
  auto const waits = waits_for_capture(given);
  co_return co_await capture_response(all, capture_kind::cpu, std::move(shown), std::move(begin),
                                      waits);
}

asio::awaitable<http::response> take_heap_snapshot::operator()(http::request const& request) const {
  auto const& given = request.parameters;
  auto begin = [with = heap, shown = presentation_in(given)] {
    return capture::heap_recorder::begin(with, shown);
  };
  boost::json::object shown{{"heapTracking", heap::to_text(heap::current_tracking())}};
  auto const waits = waits_for_capture(given);
  co_return co_await capture_response(all, capture_kind::heap, std::move(shown), std::move(begin),
                                      waits);
}

asio::awaitable<http::response> show_capture::operator()(http::request const& request) const {
  auto const state = co_await runtime::call_on(all.control, find(all.jobs, request.path_segment));
  if (!state) co_return http::problem(errc::not_found);
  co_return http::json(http::status::ok, progress_json(*state));
}

asio::awaitable<http::response> cancel_capture::operator()(http::request const& request) const {
  auto const known = co_await runtime::call_on(all.control, cancel(all.jobs, request.path_segment));
  co_return known ? http::empty(http::status::no_content) : http::problem(errc::not_found);
}

std::vector<http::parameter> cpu_profile_parameters() {
  std::vector<http::parameter> all{
      http::integer_parameter{"seconds", capture::min_recording.count(),
                              capture::max_recording.count(), 30},
      http::integer_parameter{"hz", cpu::min_hz, cpu::max_hz, 100}};
  auto const common = common_parameters();
  all.insert(all.end(), common.begin(), common.end());
  return all;
}

std::vector<http::parameter> heap_snapshot_parameters() {
  return common_parameters();
}

bool waits_for_capture(http::arguments const& asked) {
  return asked.choice("async") == "false";
}

}  // namespace loopscope::control
