#include <loopscope/base/expects.hpp>
#include <loopscope/capture/cpu_recorder.hpp>
#include <loopscope/capture/cpu_verdict.hpp>
#include <loopscope/coroutines/splice.hpp>
#include <loopscope/model/memory_map.hpp>
#include <loopscope/model/raw_cpu_profile.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <sstream>
#include <thread>
#include <tuple>
#include <utility>

namespace loopscope::capture {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

constexpr auto drain_interval = 100ms;

std::string raw_bytes(model::raw_cpu_profile const& profile) {
  std::ostringstream bytes;
  model::write_raw(bytes, profile);
  return std::move(bytes).str();
}

// What to do about a native profile that gperftools cannot make.
std::string native_warning(boost::system::error_code const& why) {
  std::string const missing = "There is no .prof file: ";
  if (why == errc::busy)
    return missing + "gperftools profiles already. Start the service without CPUPROFILE.";
  if (why == errc::memory_refused)
    return missing + "gperftools has no memory for its tables. Raise the memory limit.";
  if (why == boost::system::errc::file_too_large)
    return missing +
           "gperftools does not survive a file size limit. Lift it (ulimit -f unlimited).";
  if (why == boost::system::errc::function_not_supported ||
      why == boost::system::errc::operation_not_permitted)
    return missing + "memfd_create failed (" + why.message() +
           "). Allow it in the container's filter of system calls.";
  return missing + "gperftools could not be started (" + why.message() + ").";
}

// gperftools is passed each of our signals, but for a few at the beginning and the end.
bool is_as_many(std::uint64_t counted, model::raw_cpu_profile const& profile) {
  auto const ours = profile.samples.size() + profile.dropped;
  auto const slack = 3 + ours / 20;
  return counted <= ours + slack && ours <= counted + slack;
}

// What the samples tell by themselves.
model::cpu_quality counted(model::raw_cpu_profile const& profile) {
  model::cpu_quality quality;
  quality.samples_taken = profile.samples.size();
  quality.dropped = profile.dropped;
  for (auto const& sample : profile.samples) {
    auto const end = profile.stack_ends[sample.stack];
    quality.overruns += sample.overruns;
    quality.cut_stacks += end == model::stack_end::cut ? 1 : 0;
    quality.broken_stacks += end == model::stack_end::broken ? 1 : 0;
  }
  return quality;
}

std::string foreign_ticks_warning(std::uint64_t counted, model::raw_cpu_profile const& profile) {
  return "There is no .prof file: gperftools counted " + std::to_string(counted) +
         " signals where there were " + std::to_string(profile.samples.size() + profile.dropped) +
         ". Start the service without CPUPROFILE variables.";
}

}  // namespace

std::vector<std::string> cpu_formats() {
  std::vector<std::string> formats;
  for (auto const& each : capture_formats) {
    auto const possible = each.extension != "prof" || cpu::gperftools_profiler::available();
    if (each.kind == capture_kind::cpu && possible) formats.emplace_back(each.extension);
  }
  return formats;
}

std::vector<std::string> cpu_formats(model::raw_cpu_profile const& capture) {
  auto formats = cpu_formats();
  if (capture.gperftools.empty()) std::erase(formats, "prof");
  return formats;
}

asio::awaitable<result<started_capture>> cpu_recorder::begin(services with, cpu_request request) {
  LOOPSCOPE_EXPECTS(request.duration >= min_recording && request.duration <= max_recording);
  auto const recorder = std::make_shared<cpu_recorder>(with, request);  // as its function is copied
  auto start = [&]() -> result<std::string> {
    auto stem = with.files.store.new_stem(to_text(capture_kind::cpu));
    if (!stem) return stem.error();
    if (auto const started = recorder->start(); !started) return started.error();
    return stem;
  };
  auto stem = co_await runtime::offload(with.files.workers.short_lane, std::move(start));
  if (!stem) co_return stem.error();
  auto record = [recorder, stem = *stem](capture_job& job) { return recorder->record(job, stem); };
  co_return started_capture{std::move(*stem), std::move(record)};
}

// On the short lane: starting gperftools' profiler takes up to 10 ms.
result<void> cpu_recorder::start() {
  contention_before_ = read_cpu_contention(with_.sampler.thread());
  if (cpu::gperftools_profiler::available())
    if (auto const started = with_.gperftools.start(); !started)
      native_warning_ = native_warning(started.error());
  result<void> sampling = errc::unsupported;
  try {
    sampling = with_.sampler.start(request_.hz);
  } catch (...) {
    stop();
    throw;
  }
  if (!sampling) stop();
  return sampling;
}

// On the short lane. Drops what was taken.
void cpu_recorder::stop() {
  if (with_.sampler.running()) std::ignore = with_.sampler.stop();
  with_.gperftools.discard();
}

asio::awaitable<result<capture_result>> cpu_recorder::record(capture_job& job, std::string stem) {
  result<capture_result> outcome = errc::cancelled;
  std::exception_ptr failure;
  try {
    outcome = co_await sample_and_encode(job, std::move(stem));
  } catch (...) {
    failure = std::current_exception();
  }
  auto discard = [this] { stop(); };
  co_await runtime::offload(with_.files.workers.short_lane, std::move(discard));
  if (failure) std::rethrow_exception(failure);
  co_return outcome;
}

asio::awaitable<result<capture_result>> cpu_recorder::sample_and_encode(capture_job& job,
                                                                        std::string stem) {
  auto const truncated = co_await sample(job);
  auto profile = with_.sampler.stop();
  if (job.is_cancelled()) co_return errc::cancelled;

  job.state.phase = capture_phase::encoding;
  co_await complete(profile);
  if (profile.samples.empty()) co_return errc::nothing_captured;
  auto quality = co_await measure(profile);
  quality.truncated = truncated;
  auto formats = cpu_formats(profile);
  auto const lacks_native = cpu_formats().size() > formats.size();

  capture_files files{with_.files, std::move(stem)};
  auto write = [taken = std::move(profile)] { return raw_bytes(taken); };
  auto bytes = co_await runtime::offload(with_.files.workers.bulk_lane, std::move(write));
  if (job.is_cancelled()) co_return errc::cancelled;
  auto raw = co_await files.store_raw(std::move(bytes));
  if (!raw) co_return raw.error();
  auto encoded = co_await files.encode(job, std::move(*raw), std::move(formats), request_.shown);
  if (!encoded) co_return encoded.error();
  quality.unresolved_share = encoded->report.unresolved_share;
  quality.unresolved_modules = std::move(encoded->report.unresolved_modules);
  quality.changed_modules = std::move(encoded->report.changed_modules);
  quality.notes = std::move(encoded->report.notes);
  auto judged = judge(quality);
  if (lacks_native) judged.warnings.push_back(native_warning_);

  capture_result done;
  done.artifacts = std::move(encoded->artifacts);
  done.figures["durationSeconds"] = request_.duration.count();
  done.quality = to_json(quality, judged);
  co_return done;
}

// \return whether it ended before its time.
asio::awaitable<bool> cpu_recorder::sample(capture_job& job) {
  auto const start = clock::now();
  auto const end = start + request_.duration;
  while (clock::now() < end && !job.is_cancelled() && !job.ends_early()) {
    co_await job.sleep_until(std::min(end, clock::now() + drain_interval));
    with_.sampler.drain();
    job.state.progress = std::chrono::duration<double>(clock::now() - start) / request_.duration;
  }
  co_return clock::now() < end;
}

asio::awaitable<void> cpu_recorder::complete(model::raw_cpu_profile& profile) {
  auto const period = std::chrono::duration_cast<std::chrono::microseconds>(profile.period);
  auto work = [&] {
    auto const signals = with_.gperftools.samples();
    profile.gperftools = with_.gperftools.stop(period);
    if (!profile.gperftools.empty() && !is_as_many(signals, profile)) {
      profile.gperftools.clear();
      native_warning_ = foreign_ticks_warning(signals, profile);
    }
    // A file size limit may have been set since the start.
    if (profile.gperftools.empty() && native_warning_.empty())
      native_warning_ = native_warning(make_error_code(boost::system::errc::file_too_large));
    static_cast<model::program_image&>(profile) = model::own_image();
    with_.files.encoder.keep_files(model::parse_maps(profile.maps).value());
  };
  co_await runtime::offload(with_.files.workers.short_lane, std::move(work));
}

asio::awaitable<model::cpu_quality> cpu_recorder::measure(
    model::raw_cpu_profile const& profile) const {
  std::chrono::nanoseconds const sampled{profile.end_ns - profile.start_ns};
  auto quality = counted(profile);
  quality.measured = sampled;
  quality.async_stacks = coroutines::has_async_stacks();
  quality.samples_expected = static_cast<std::uint64_t>(std::llround(
      static_cast<double>(sampled.count()) / static_cast<double>(profile.period.count())));
  auto read = [this] { return read_cpu_contention(with_.sampler.thread()); };
  auto const now = co_await runtime::offload(with_.files.workers.short_lane, std::move(read));
  auto const meanwhile = now - contention_before_;
  quality.throttled = meanwhile.throttled;
  quality.stolen = meanwhile.stolen;
  quality.loop_cpu = meanwhile.loop_cpu;
  quality.other_cpu = std::max(meanwhile.process_cpu - meanwhile.loop_cpu, {});
  quality.run_queue = meanwhile.run_queue;
  quality.cpus = std::max(1U, std::thread::hardware_concurrency());
  co_return quality;
}

}  // namespace loopscope::capture
