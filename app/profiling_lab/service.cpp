#include <profiling_lab/service.hpp>

#include <loopscope/runtime/task_group.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <utility>

namespace lab {

namespace asio = boost::asio;
using namespace loopscope;

namespace {

constexpr int killed_by_signal = 130;

// Of a shutdown's grace: how much is kept for what comes after the connections.
constexpr std::chrono::milliseconds longest_ending{500};

control::diagnostics_settings diagnostics_of(settings const& values) {
  return {.paths = {.prefix = "/api/lab", .metrics = "/api/metrics"},
          .token_header = "x-lab-token",
          .metric_prefix = "",
          .open = values.lab_is_open(),
          .token = values.lab.token,
          .artifacts = values.artifacts,
          .encoder = values.encoder};
}

}  // namespace

service::service(settings const& values, instance who, logger& log)
    : settings_{values},
      who_{std::move(who)},
      log_{log},
      diagnostics_{loop_.get_executor(), diagnostics_of(values), log,
                   [this] { return server_.connections(); }},
      signals_{diagnostics_.control_executor(), SIGINT, SIGTERM},
      metrics_{diagnostics_.services().families},
      observer_{diagnostics_.make_exchange_log()},
      router_{routes({diagnostics_.services(), values, who_, memory_, faults_, metrics_})},
      server_{loop_.get_executor(),
              {values.server.host, values.server.port},
              {router_,
               diagnostics_.guard(),
               observer_,
               log,
               values.server.limits,
               {"x-lab-instance", who_.id}}} {
  if (inherits_orphans()) orphans_.emplace(diagnostics_.control_executor());
}

void service::run() {
  diagnostics_.start();
  server_.start();
  // Last: Asio cannot cancel a coroutine that has not begun, so a shutdown has to queue behind
  // them.
  await_signals();
  if (orphans_) asio::post(diagnostics_.control_executor(), [this] { orphans_->start(); });
  loop_.run();
  diagnostics_.join();
}

// On the control thread, so that a signal has its effect while the loop is blocked.
void service::await_signals() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    signals_.async_wait([](boost::system::error_code again, int) {
      if (!again) std::_Exit(killed_by_signal);
    });
    log_.info("shutting_down", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
    // A running capture ends now, so that its response still goes out within the grace.
    diagnostics_.end_captures();
    asio::co_spawn(loop_, shut_down(), [this](std::exception_ptr failure) {
      if (failure) runtime::report_to(log_)(std::move(failure));
    });
  });
}

asio::awaitable<void> service::shut_down() {
  auto const grace = settings_.server.shutdown_grace;
  auto const end = std::chrono::steady_clock::now() + grace;
  log_.flush_until(end);
  // Calls may wait for a log that nobody reads: when they are cut, there is time left to end.
  co_await server_.stop(grace - std::min(grace / 10, longest_ending));
  auto const rest = std::max(end - std::chrono::steady_clock::now(), std::chrono::nanoseconds{});
  co_await diagnostics_.stop(std::chrono::ceil<std::chrono::milliseconds>(rest));
  asio::post(diagnostics_.control_executor(), [this] {
    signals_.cancel();
    if (orphans_) orphans_->stop();
  });
}

}  // namespace lab
