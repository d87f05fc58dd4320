#include <loopscope/base/expects.hpp>
#include <loopscope/base/work_label.hpp>
#include <loopscope/cpu/loop_sampler.hpp>
#include <loopscope/cpu/signal_chain_impl.hpp>
#include <loopscope/cpu/signal_loan_impl.hpp>
#include <loopscope/unwind/stack_ring.hpp>
#include <loopscope/unwind/stack_walker.hpp>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <map>
#include <pthread.h>
#include <string>
#include <tuple>
#include <ucontext.h>
#include <unistd.h>
#include <utility>

namespace loopscope::cpu {

namespace {

std::uint64_t clock_ns(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

// What the handler writes to.
struct sink {
  sink(pthread_t of, unwind::stack_walker const& with) : thread{of}, walker{with} {}

  pthread_t thread;
  unwind::stack_walker walker;
  unwind::stack_ring ring;
  bool volatile busy = false;  // the thread's own, between its handlers
};

constinit signal_loan<sink> lent_sink;

// A handler takes microseconds. One that does not leave in this time is stopped by a debugger.
constexpr auto patience = std::chrono::milliseconds{50};

void take_sample(sink& to, siginfo_t const& info, ucontext_t& interrupted) noexcept {
  if (!pthread_equal(to.thread, pthread_self())) return;  // reads a register
  if (to.busy) return;  // a handler that calls ours may let SIGPROF interrupt it
  to.busy = true;
  if (auto* const slot = to.ring.begin_push()) {
    slot->time_ns = clock_ns(CLOCK_MONOTONIC);  // a vDSO call: no lock, no allocation
    slot->label = current_work_label;           // initial-exec TLS: a plain load
    slot->overruns = static_cast<std::uint32_t>(info.si_overrun);
    slot->depth = static_cast<std::uint32_t>(to.walker.walk(interrupted, slot->pcs));
    to.ring.end_push();
  }
  to.busy = false;
}

// Runs on any thread that does not block SIGPROF, between any two instructions of it.
void on_sigprof(int signal, siginfo_t* info, void* context) noexcept {
  auto const interrupted_errno = errno;  // the code we interrupt may be about to read it
  // Whatever else sends SIGPROF, kill(2) or another profiler's timer, is no tick of ours.
  auto const is_ours = info && info->si_code == SI_TIMER &&
                       info->si_value.sival_ptr == thread_timer::mark();  // a constant address
  if (!is_called_back() && is_ours)
    lent_sink.use([&](sink& to) { take_sample(to, *info, *static_cast<ucontext_t*>(context)); });
  // gperftools' handler unwinds the same context. It may stay as long as it likes: nobody waits.
  call_previous(signal, info, context);
  errno = interrupted_errno;
}

}  // namespace

struct loop_sampler::recording {
  std::uint32_t stack_index(unwind::stack_sample const& slot);
  std::uint32_t label_index(std::string_view const* label);

  sink* to = nullptr;  // lent until the end
  model::raw_cpu_profile profile;
  std::map<model::call_stack, std::uint32_t> stacks;
  std::map<std::string_view const*, std::uint32_t> labels{{nullptr, 0}};
};

std::uint32_t loop_sampler::recording::stack_index(unwind::stack_sample const& slot) {
  model::call_stack stack(slot.pcs.begin(), slot.pcs.begin() + slot.depth);
  auto const next = static_cast<std::uint32_t>(profile.stacks.size());
  auto const [known, is_new] = stacks.try_emplace(std::move(stack), next);
  if (is_new) profile.stacks.push_back(known->first);
  return known->second;
}

std::uint32_t loop_sampler::recording::label_index(std::string_view const* label) {
  auto const next = static_cast<std::uint32_t>(profile.labels.size());
  auto const [known, is_new] = labels.try_emplace(label, next);
  if (is_new) profile.labels.emplace_back(*label);
  return known->second;
}

bool loop_sampler::available() noexcept {
#ifdef __SANITIZE_THREAD__
  return false;
#else
  return true;
#endif
}

loop_sampler::loop_sampler()
    : thread_{gettid(), pthread_self()},
      stack_{unwind::own_stack()},
      outermost_frame_{unwind::outermost_frame(stack_, unwind::executable_text())} {}

loop_sampler::~loop_sampler() {
  if (timer_) std::ignore = stop();  // what was taken is not wanted
}

result<void> loop_sampler::start(int hz) {
  LOOPSCOPE_EXPECTS(hz >= min_hz && hz <= max_hz);
  if (!available()) return errc::unsupported;
  if (timer_) return errc::busy;
  unwind::stack_walker const walker{stack_, unwind::executable_text(), outermost_frame_};
  auto started = std::make_unique<recording>();
  started->to = lent_sink.lend(std::make_unique<sink>(thread_.handle, walker));
  if (!started->to) return errc::busy;
  auto const period = std::chrono::microseconds{std::chrono::seconds{1}} / hz;
  started->profile.period = period;
  started->profile.start_unix_ns = clock_ns(CLOCK_REALTIME);
  started->profile.start_ns = clock_ns(CLOCK_MONOTONIC);
  try {
    install_sigprof(on_sigprof);
    timer_.emplace(thread_.id, period);
  } catch (...) {
    lent_sink.withdraw(patience);
    lent_sink.release();
    throw;
  }
  recording_ = std::move(started);
  return {};
}

void loop_sampler::drain() {
  if (!recording_) return;
  auto& profile = recording_->profile;
  recording_->to->ring.drain([&](unwind::stack_sample const& slot) {
    profile.samples.push_back({slot.time_ns, recording_->stack_index(slot),
                               recording_->label_index(slot.label), slot.overruns});
  });
  profile.dropped = recording_->to->ring.dropped();
}

std::uint64_t loop_sampler::taken() const noexcept {
  return recording_ ? recording_->profile.samples.size() : 0;
}

model::raw_cpu_profile loop_sampler::stop() {
  LOOPSCOPE_EXPECTS(timer_.has_value());
  timer_.reset();
  lent_sink.withdraw(patience);  // the sample of a handler that is stuck is lost
  drain();
  lent_sink.release();
  auto profile = std::move(recording_->profile);
  recording_.reset();
  profile.end_ns = clock_ns(CLOCK_MONOTONIC);
  return profile;
}

}  // namespace loopscope::cpu
