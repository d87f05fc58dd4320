#include <loopscope/artifacts/name.hpp>
#include <loopscope/capture/job_registry.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace loopscope::capture {

namespace asio = boost::asio;

namespace {

constexpr std::size_t remembered = 32;

}  // namespace

job_registry::job_registry(asio::any_io_executor control, logger& log)
    : control_{std::move(control)},
      log_{log},
      tasks_{control_, runtime::report_to(log, "capture_failed")} {}

asio::awaitable<result<std::string>> job_registry::start(capture_kind kind,
                                                         boost::json::object request, begin with) {
  auto& in_progress = in_progress_of(kind);
  if (in_progress.exchange(true)) co_return errc::busy;
  result<started_capture> capture = errc::unsupported;
  try {
    capture = co_await with();
  } catch (...) {
    in_progress = false;
    throw;
  }
  if (!capture) {
    in_progress = false;
    co_return capture.error();
  }
  capture_state state;
  state.id = artifacts::capture_id_of(capture->stem);
  state.kind = kind;
  state.started = std::chrono::system_clock::now();
  state.request = std::move(request);
  auto const job = std::make_shared<capture_job>(control_, std::move(state));
  if (finishing_) job->end_early();
  auto const& id = job->state.id;
  jobs_.remove_if(
      [&](job_pointer const& each) { return each->state.id == id && !each->state.is_running(); });
  jobs_.push_back(job);
  forget_oldest();
  tasks_.spawn([this, job, one = std::move(*capture)] { return run(job, one); });
  co_return id;
}

void job_registry::forget_oldest() {
  auto const has_ended = [](job_pointer const& each) { return !each->state.is_running(); };
  while (jobs_.size() > remembered) {
    auto const oldest = std::find_if(jobs_.begin(), jobs_.end(), has_ended);
    if (oldest == jobs_.end()) return;
    jobs_.erase(oldest);
  }
}

asio::awaitable<void> job_registry::run(job_pointer job, started_capture capture) {
  result<capture_result> outcome = errc::cancelled;
  try {
    outcome = co_await capture.record(*job);
  } catch (std::exception const& error) {
    job->state.detail = error.what();
    outcome = errc::capture_failed;
  }
  finish(*job, std::move(outcome));
}

void job_registry::finish(capture_job& job, result<capture_result> outcome) {
  auto& state = job.state;
  if (outcome) {
    state.phase = capture_phase::done;
    state.result = std::move(*outcome);
  } else {
    auto const cancelled = outcome.error() == make_error_code(errc::cancelled);
    state.phase = cancelled ? capture_phase::cancelled : capture_phase::failed;
    state.error = outcome.error();
  }
  if (state.phase == capture_phase::failed) {
    auto const reason = state.error.message();
    log_.warn("capture_failed", {{"id", state.id},
                                 {"kind", to_text(state.kind)},
                                 {"reason", reason},
                                 {"detail", state.detail}});
  }
  in_progress_of(state.kind) = false;
  job.notify_ended();
}

asio::awaitable<std::optional<capture_state>> job_registry::wait(std::string id) {
  auto const job = find_job(id);
  if (!job) co_return std::nullopt;
  co_await job->ended();
  co_return job->state;
}

std::optional<std::string> job_registry::running(capture_kind kind) const {
  auto const runs = [&](job_pointer const& each) {
    return each->state.kind == kind && each->state.is_running();
  };
  auto const found = std::find_if(jobs_.begin(), jobs_.end(), runs);
  return found == jobs_.end() ? std::nullopt : std::optional{(*found)->state.id};
}

std::optional<capture_state> job_registry::find(std::string_view id) const {
  auto const job = find_job(id);
  return job ? std::optional{job->state} : std::nullopt;
}

bool job_registry::cancel(std::string_view id) {
  auto const job = find_job(id);
  if (job && job->state.is_running()) job->cancel();
  return job != nullptr;
}

void job_registry::finish_early() {
  finishing_ = true;
  for (auto const& job : jobs_)
    if (job->state.is_running()) job->end_early();
}

asio::awaitable<void> job_registry::drain(std::chrono::milliseconds limit) {
  co_await tasks_.wait(limit);
  for (auto const& job : jobs_)
    if (job->state.is_running()) job->cancel();
  co_await tasks_.wait();
}

job_registry::job_pointer job_registry::find_job(std::string_view id) const {
  auto const same = [&](job_pointer const& each) { return each->state.id == id; };
  auto const found = std::find_if(jobs_.begin(), jobs_.end(), same);
  return found == jobs_.end() ? nullptr : *found;
}

}  // namespace loopscope::capture
