#include <loopscope/capture/capture_job.hpp>

#include <boost/asio/as_tuple.hpp>

namespace loopscope::capture {

namespace asio = boost::asio;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

std::string_view to_text(capture_phase phase) noexcept {
  switch (phase) {
    case capture_phase::sampling:
      return "sampling";
    case capture_phase::encoding:
      return "encoding";
    case capture_phase::done:
      return "done";
    case capture_phase::failed:
      return "failed";
    case capture_phase::cancelled:
      return "cancelled";
  }
  return "unknown";
}

capture_job::capture_job(asio::any_io_executor control, capture_state initial)
    : state{std::move(initial)},
      control_{std::move(control)},
      ended_{control_, asio::steady_timer::time_point::max()},
      sleep_{control_} {}

void capture_job::cancel() {
  cancelled_ = true;
  sleep_.cancel();
  cancellation_.emit(asio::cancellation_type::terminal);
}

void capture_job::end_early() {
  ends_early_ = true;
  sleep_.cancel();
}

asio::awaitable<void> capture_job::sleep_until(std::chrono::steady_clock::time_point time) {
  if (cancelled_ || ends_early_) co_return;
  sleep_.expires_at(time);
  co_await sleep_.async_wait(as_result);
}

asio::awaitable<void> capture_job::ended() {
  while (state.is_running()) co_await ended_.async_wait(as_result);
}

}  // namespace loopscope::capture
