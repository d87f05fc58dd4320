#include <loopscope/control/heap_handlers.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <utility>

namespace loopscope::control {

namespace asio = boost::asio;

namespace {

std::string note_on(heap::tracking_mode mode) {
  switch (mode) {
    case heap::tracking_mode::off:
      return "nothing is known of the heap from now on";
    case heap::tracking_mode::sampled:
      return "a thread that was not sampled begins within its next 16 MiB; what was allocated "
             "before is not seen";
    case heap::tracking_mode::exact:
      break;
  }
  return "what was allocated before is not seen";
}

}  // namespace

asio::awaitable<http::response> set_heap_tracking::operator()(http::request const& request) const {
  auto const mode = heap::parse_tracking_mode(request.parameters.choice("mode")).value();
  // On one lane, so that no two run at a time.
  bool is_change = false;
  auto change = [&]() -> result<void> {
    is_change = mode != heap::current_tracking();
    return is_change ? heap::set_tracking(mode) : result<void>{};
  };
  auto const done = co_await runtime::offload(workers.short_lane, std::move(change));
  if (!done)
    co_return http::problem(done.error(), "this program is not linked with what the mode takes: " +
                                              request.parameters.choice("mode"));
  auto const totals = tracker.blocks.count();
  boost::json::object body{{"heapTracking", heap::to_text(mode)},
                           {"trackedObjects", totals.blocks},
                           {"trackedBytes", totals.bytes}};
  if (is_change) body["note"] = note_on(mode);
  co_return http::json(http::status::ok, body);
}

}  // namespace loopscope::control
