#include <profiling_lab/service.hpp>

#include <loopscope/control/routes.hpp>
#include <loopscope/runtime/call_on.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace lab {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using namespace loopscope;

namespace {

constexpr auto sweep_interval = 60s;
constexpr int killed_by_signal = 130;

std::filesystem::path require_encoder(std::filesystem::path const& configured) {
  auto found = capture::find_encoder(configured);
  if (found) return std::move(*found);
  auto const which = configured.empty() ? "loopscope" : configured.string();
  throw std::system_error{ENOENT, std::generic_category(), "cannot run the encoder " + which};
}

auto report_to(logger& log) {
  return [&log](std::exception_ptr failure) {
    try {
      std::rethrow_exception(std::move(failure));
    } catch (std::exception const& error) {
      log.error("task_failed", {{"reason", error.what()}});
    }
  };
}

}  // namespace

service::service(settings const& values, instance who, logger& log)
    : settings_{values},
      who_{std::move(who)},
      log_{log},
      store_{values.artifacts},
      encoder_{require_encoder(values.encoder)},
      signals_{control_.executor()},
      cpu_{{control_.executor(), worker_, recorder_, encoder_, log}},
      observer_{log, metrics_.http},
      guard_{std::string{control::guarded_prefix}, values.lab_is_open(), values.lab.token},
      router_{routes({{log, worker_, store_, control_.executor(), cpu_, lag_, registry_, metrics_,
                       [this] { return server_.connections(); }},
                      values,
                      who_,
                      memory_,
                      lab_metrics_})},
      server_{loop_.get_executor(),
              {values.server.host, values.server.port},
              {router_, guard_, observer_, log, values.server.limits, who_.id}},
      background_{loop_.get_executor(), report_to(log)} {}

void service::run() {
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  background_.spawn([this] { return loop::monitor_lag(lag_); });
  background_.spawn([this] { return keep_artifacts_fresh(); });
  server_.start();
  // Last: Asio cannot cancel a coroutine that has not begun, so a shutdown has to queue behind
  // them.
  await_signals();
  loop_.run();
  control_.join();
  worker_.join();
}

// On the control thread, so that signals are heard while the loop is blocked.
void service::await_signals() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    signals_.async_wait([](boost::system::error_code again, int) {
      if (!again) std::_Exit(killed_by_signal);
    });
    log_.info("shutting_down", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
    // A running capture ends now, so that its answer still goes out within the grace.
    cpu_.finish_early();
    asio::co_spawn(loop_, shut_down(), [this](std::exception_ptr failure) {
      if (failure) report_to(log_)(std::move(failure));
    });
  });
}

asio::awaitable<void> service::keep_artifacts_fresh() {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  while (true) {
    auto sweep = [this] { store_.sweep(); };
    co_await runtime::offload(worker_, std::move(sweep));
    timer.expires_after(sweep_interval);
    auto const [stopped] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (stopped) co_return;
  }
}

asio::awaitable<void> service::shut_down() {
  auto const grace = settings_.server.shutdown_grace;
  auto const end = std::chrono::steady_clock::now() + grace;
  co_await server_.stop(grace);
  auto const rest = std::max(end - std::chrono::steady_clock::now(), std::chrono::nanoseconds{});
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(rest);
  co_await runtime::call_on(control_.executor(), cpu_.drain(left));
  background_.cancel(asio::cancellation_type::terminal);
  co_await background_.wait();
  asio::post(control_.executor(), [this] { signals_.cancel(); });
}

}  // namespace lab
