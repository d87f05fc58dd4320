#include <loopscope/control/diagnostics.hpp>
#include <loopscope/runtime/call_on.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

namespace loopscope::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr auto sweep_interval = 60s;

std::filesystem::path require_encoder(std::filesystem::path const& configured) {
  auto found = capture::find_encoder(configured);
  if (found) return std::move(*found);
  auto const which = configured.empty() ? "loopscope" : configured.string();
  throw std::system_error{ENOENT, std::generic_category(), "cannot run the encoder " + which};
}

// Without locks the store goes on, but its operator should know that dead files stay.
void report_refused_locks(artifacts::store const& store, std::filesystem::path const& directory,
                          logger& log) {
  if (store.lock_refusal() == 0) return;
  auto const reason = "flock: " + std::generic_category().message(store.lock_refusal());
  log.warn("artifacts_not_locked", {{"directory", directory.native()},
                                    {"reason", reason},
                                    {"effect", "only artifacts of this process are evicted"}});
}

}  // namespace

diagnostics::recorder::recorder(diagnostics_settings const& settings)
    : recorder{settings, require_encoder(settings.encoder)} {}

diagnostics::recorder::recorder(diagnostics_settings const& settings,
                                std::filesystem::path const& tool)
    : store{settings.artifacts}, encoder{tool}, comparer{tool} {}

diagnostics::diagnostics(asio::any_io_executor loop, diagnostics_settings settings, logger& log,
                         std::function<std::size_t()> connections)
    : settings_{std::move(settings)},
      log_{log},
      families_{registry_, settings_.metric_prefix},
      recorder_{settings_.open ? std::optional<recorder>{std::in_place, settings_} : std::nullopt},
      jobs_{control_.executor(), log},
      guard_{settings_.paths.prefix, settings_.token_header, settings_.open, settings_.token},
      services_{log,  settings_.paths, workers_, control_.executor(),   jobs_, recording(),
                lag_, families_,       metrics_, std::move(connections)},
      background_{std::move(loop), runtime::report_to(log)} {
  if (recorder_) report_refused_locks(recorder_->store, settings_.artifacts.directory, log_);
}

diagnostics::~diagnostics() {
  join();
}

void diagnostics::start() {
  background_.spawn([this] { return loop::monitor_lag(lag_); });
  if (recorder_) background_.spawn([this] { return sweep(recorder_->store, workers_.short_lane); });
}

asio::awaitable<void> diagnostics::stop(std::chrono::milliseconds grace) {
  co_await runtime::call_on(control_.executor(), jobs_.drain(grace));
  background_.cancel(asio::cancellation_type::terminal);
  co_await background_.wait();
}

void diagnostics::join() {
  control_.join();
  workers_.join();
}

void diagnostics::end_captures() {
  asio::post(control_.executor(), [this] { jobs_.finish_early(); });
}

exchange_log diagnostics::make_exchange_log() const {
  return exchange_log{log_, families_, settings_.paths.metrics};
}

std::optional<control::recording> diagnostics::recording() {
  if (!recorder_) return std::nullopt;
  auto& [store, encoder, comparer, sampler, gperftools] = *recorder_;
  capture::capture_services const files{store, workers_, encoder};
  return control::recording{
      store, {sampler, gperftools, files}, {heap::process_tracker, files}, comparer};
}

asio::awaitable<void> diagnostics::sweep(artifacts::store& store,
                                         runtime::loop_thread& short_lane) {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto const state = co_await asio::this_coro::cancellation_state;
  asio::steady_timer timer{co_await asio::this_coro::executor};
  while (true) {
    auto sweep = [&store] { store.sweep(); };
    co_await runtime::offload(short_lane, std::move(sweep));
    // A cancellation that came meanwhile does not end a wait that begins later.
    if (state.cancelled() != asio::cancellation_type::none) co_return;
    timer.expires_after(sweep_interval);
    auto const [stopped] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (stopped) co_return;
  }
}

}  // namespace loopscope::control
