#include <loopscope/base/expects.hpp>
#include <loopscope/capture/cpu_capture.hpp>
#include <loopscope/cpu/native_profile.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cmath>
#include <utility>

namespace loopscope::capture {

namespace asio = boost::asio;

struct cpu_capture::recording {
  artifacts::pending_artifact file;
};

cpu_capture::cpu_capture(asio::any_io_executor loop, runtime::workers& worker,
                         cpu::native_profiler& profiler, artifacts::store& store)
    : worker_{worker}, profiler_{profiler}, store_{store}, timer_{std::move(loop)} {}

asio::awaitable<result<cpu_profile>> cpu_capture::record(std::chrono::seconds duration, int hz) {
  LOOPSCOPE_EXPECTS(duration >= min_recording && duration <= max_recording);
  LOOPSCOPE_EXPECTS(hz >= cpu::min_hz && hz <= cpu::max_hz);
  if (!cpu::native_profiler::available()) co_return errc::unsupported;
  if (in_progress_) co_return errc::busy;

  struct flight {
    bool& flag;
    ~flight() { flag = false; }
  } const alone{in_progress_ = true};
  co_return co_await record_alone(duration, hz);
}

asio::awaitable<result<cpu_profile>> cpu_capture::record_alone(std::chrono::seconds duration,
                                                               int hz) {
  auto start = [this, hz] { return begin(hz); };
  auto running = co_await runtime::offload(worker_, std::move(start));
  if (!running) co_return running.error();

  auto const started = std::chrono::steady_clock::now();
  auto const state = co_await asio::this_coro::cancellation_state;
  if (!finishing_ && state.cancelled() == asio::cancellation_type::none) {
    timer_.expires_at(started + duration);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  auto const sampled = std::chrono::steady_clock::now() - started;

  auto end = [&] { return finish(std::move(*running), sampled, hz); };
  auto profile = co_await runtime::offload(worker_, std::move(end));
  if (profile) profile->quality.truncated = sampled < duration;
  co_return profile;
}

void cpu_capture::finish_early() {
  finishing_ = true;
  timer_.cancel();
}

result<cpu_capture::recording> cpu_capture::begin(int hz) {
  auto stem = store_.new_stem("cpu");
  if (!stem) return stem.error();
  auto file = store_.create(*stem + ".prof");
  if (!file) return file.error();
  auto const started = profiler_.start(file->fd(), hz);
  if (!started) return started.error();
  return recording{std::move(*file)};
}

result<cpu_profile> cpu_capture::finish(recording running, std::chrono::nanoseconds sampled,
                                        int hz) {
  profiler_.stop();
  auto const period = std::chrono::microseconds{std::chrono::seconds{1}} / hz;
  auto const summary = cpu::finish_native_profile(running.file.fd(), period);
  if (!summary) return summary.error();
  if (summary->samples == 0) return errc::nothing_captured;
  auto stored = store_.commit(std::move(running.file));
  if (!stored) return stored.error();

  auto const expected = static_cast<double>(sampled.count()) * 1e-9 * hz;
  cpu_profile profile{.artifacts = {}, .duration = sampled, .quality = {}};
  profile.artifacts.push_back(std::move(*stored));
  profile.quality.samples_expected = static_cast<std::uint64_t>(std::llround(expected));
  profile.quality.samples_taken = summary->samples;
  return profile;
}

}  // namespace loopscope::capture
