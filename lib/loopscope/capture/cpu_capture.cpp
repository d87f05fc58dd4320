#include <loopscope/base/expects.hpp>
#include <loopscope/capture/cpu_capture.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace loopscope::capture {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t remembered = 32;
constexpr auto drain_interval = 100ms;
constexpr auto encoder_limit = 120s;
constexpr std::size_t id_length = 8;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

struct cpu_capture::job {
  job(asio::any_io_executor const& control, cpu_request request)
      : ended{control, asio::steady_timer::time_point::max()}, tick{control} {
    state.request = request;
    state.started = std::chrono::system_clock::now();
  }

  [[nodiscard]] bool is_running() const {
    return state.phase == capture_phase::sampling || state.phase == capture_phase::encoding;
  }

  void cancel() {
    cancelled = true;
    tick.cancel();
    encoding.emit(asio::cancellation_type::terminal);
  }

  cpu_capture_state state;
  asio::steady_timer ended;  // waited for until the end cancels it
  asio::steady_timer tick;
  asio::cancellation_signal encoding;
  bool cancelled = false;
};

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

cpu_capture::cpu_capture(dependencies with)
    : with_{std::move(with)},
      tasks_{with_.control, [this](std::exception_ptr failure) {
               try {
                 std::rethrow_exception(std::move(failure));
               } catch (std::exception const& error) {
                 with_.log.error("capture_failed", {{"reason", error.what()}});
               }
             }} {}

cpu_capture::~cpu_capture() = default;

asio::awaitable<result<std::string>> cpu_capture::start(cpu_request request) {
  LOOPSCOPE_EXPECTS(request.duration >= min_recording && request.duration <= max_recording);
  if (in_progress_.exchange(true)) co_return errc::busy;
  auto one = std::make_shared<job>(with_.control, request);
  auto begin = [this, hz = request.hz] { return with_.recorder.begin(hz); };
  result<std::string> stem = errc::unsupported;
  try {
    stem = co_await runtime::offload(with_.worker, std::move(begin));
  } catch (...) {
    in_progress_ = false;
    throw;
  }
  if (!stem) {
    in_progress_ = false;
    co_return stem.error();
  }
  one->state.id = stem->substr(stem->size() - id_length);
  jobs_.remove_if([&](auto const& each) { return each->state.id == one->state.id; });
  jobs_.push_back(one);
  if (jobs_.size() > remembered) jobs_.pop_front();
  tasks_.spawn([this, one, stem = *stem] { return run(one, stem); });
  co_return one->state.id;
}

asio::awaitable<void> cpu_capture::run(std::shared_ptr<job> one, std::string stem) {
  result<void> outcome = errc::cancelled;
  try {
    auto const wanted = co_await sample(*one);
    with_.recorder.end_sampling();
    if (wanted) {
      outcome = co_await encode(*one, std::move(stem));
    }
  } catch (std::exception const& error) {
    one->state.detail = error.what();
    outcome = errc::encoder_failed;
  }
  try {
    auto reset = [this] { with_.recorder.abandon(); };
    co_await runtime::offload(with_.worker, std::move(reset));
  } catch (std::exception const& error) {
    with_.log.error("capture_not_tidied", {{"id", one->state.id}, {"reason", error.what()}});
  }
  finish(*one, outcome);
}

// \return false if it was cancelled.
asio::awaitable<bool> cpu_capture::sample(job& one) {
  auto const start = clock::now();
  auto const end = start + one.state.request.duration;
  while (clock::now() < end && !finishing_ && !one.cancelled) {
    one.tick.expires_at(std::min(end, clock::now() + drain_interval));
    co_await one.tick.async_wait(as_result);
    with_.recorder.drain();
    one.state.sampled = clock::now() - start;
  }
  one.state.quality.truncated = clock::now() < end;
  co_return !one.cancelled;
}

asio::awaitable<result<void>> cpu_capture::encode(job& one, std::string stem) {
  one.state.phase = capture_phase::encoding;
  auto store = [&] { return with_.recorder.store_raw(stem); };
  auto const raw = co_await runtime::offload(with_.worker, std::move(store));
  if (!raw) co_return raw.error();
  auto const truncated = one.state.quality.truncated;
  one.state.quality = raw->second;
  one.state.quality.truncated = truncated;

  auto open = [&] { return with_.recorder.open_outputs(stem); };
  auto files = co_await runtime::offload(with_.worker, std::move(open));
  if (!files) co_return files.error();
  std::vector<std::pair<std::string, std::filesystem::path>> outputs;
  for (std::size_t i = 0; i < files->size(); ++i)
    outputs.emplace_back(cpu_formats()[i], (*files)[i].path());

  result<encoded> report = errc::cancelled;
  if (!one.cancelled) {
    auto work = with_.encoder.run(raw->first.path, outputs, encoder_limit, one.state.detail);
    auto const slot = one.encoding.slot();
    report = co_await asio::co_spawn(with_.control, std::move(work),
                                     asio::bind_cancellation_slot(slot, asio::use_awaitable));
  }
  if (!report) {
    if (report.error() != make_error_code(errc::cancelled))
      one.state.detail += "; the raw capture is kept: " + raw->first.path.string();
    auto const unwanted = report.error() == make_error_code(errc::cancelled);
    auto drop = [&] {
      files->clear();
      if (unwanted) with_.recorder.remove_raw(raw->first.name);
    };
    co_await runtime::offload(with_.worker, std::move(drop));
    co_return report.error();
  }
  one.state.quality.unresolved_share = report->unresolved_share;
  auto publish = [&] { return with_.recorder.publish(std::move(*files), raw->first.name); };
  auto done = co_await runtime::offload(with_.worker, std::move(publish));
  if (!done) {
    if (done.error() == make_error_code(errc::encoder_failed))
      one.state.detail =
          "it left a file empty; the raw capture is kept: " + raw->first.path.string();
    co_return done.error();
  }
  one.state.artifacts = std::move(*done);
  co_return result<void>{};
}

void cpu_capture::finish(job& one, result<void> outcome) {
  if (outcome) {
    one.state.phase = capture_phase::done;
  } else if (outcome.error() == make_error_code(errc::cancelled)) {
    one.state.phase = capture_phase::cancelled;
    one.state.error = outcome.error();
  } else {
    one.state.phase = capture_phase::failed;
    one.state.error = outcome.error();
    auto const reason = one.state.error.message();
    with_.log.warn("capture_failed",
                   {{"id", one.state.id}, {"reason", reason}, {"detail", one.state.detail}});
  }
  in_progress_ = false;
  one.ended.cancel();
}

asio::awaitable<std::optional<cpu_capture_state>> cpu_capture::wait(std::string id) {
  auto const one = find_job(id);
  if (!one) co_return std::nullopt;
  while (one->is_running()) co_await one->ended.async_wait(as_result);
  co_return one->state;
}

std::optional<std::string> cpu_capture::running() const {
  if (jobs_.empty() || !jobs_.back()->is_running()) return std::nullopt;
  return jobs_.back()->state.id;
}

std::optional<cpu_capture_state> cpu_capture::find(std::string_view id) const {
  auto const one = find_job(id);
  return one ? std::optional{one->state} : std::nullopt;
}

bool cpu_capture::cancel(std::string_view id) {
  auto const one = find_job(id);
  if (one && one->is_running()) one->cancel();
  return one != nullptr;
}

void cpu_capture::finish_early() {
  finishing_ = true;
  for (auto const& one : jobs_)
    if (one->state.phase == capture_phase::sampling) one->tick.cancel();
}

asio::awaitable<void> cpu_capture::drain(std::chrono::milliseconds limit) {
  co_await tasks_.wait(limit);
  for (auto const& one : jobs_)
    if (one->is_running()) one->cancel();
  co_await tasks_.wait();
}

std::shared_ptr<cpu_capture::job> cpu_capture::find_job(std::string_view id) const {
  auto const same = [&](std::shared_ptr<job> const& each) { return each->state.id == id; };
  auto const found = std::find_if(jobs_.begin(), jobs_.end(), same);
  return found == jobs_.end() ? nullptr : *found;
}

}  // namespace loopscope::capture
