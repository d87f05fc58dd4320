#include <loopscope/base/expects.hpp>
#include <loopscope/base/work_label.hpp>
#include <loopscope/cpu/loop_sampler.hpp>
#include <loopscope/unwind/stack_ring.hpp>
#include <loopscope/unwind/stack_walker.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <map>
#include <string>
#include <system_error>
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
  unwind::stack_ring ring;
  unwind::stack_walker walker;
};

std::atomic<sink*> active_sink{nullptr};
std::atomic<bool> in_handler{false};
struct sigaction previous_action {};

// Runs on the sampled thread, between any two instructions of it.
void on_sigprof(int signal, siginfo_t* info, void* context) noexcept {
  auto const interrupted_errno = errno;  // the code we interrupt may be about to read it
  // Order matters: stop() clears the sink, then waits until no handler is in here.
  in_handler.store(true, std::memory_order_seq_cst);
  if (auto* const to = active_sink.load(std::memory_order_seq_cst)) {
    if (auto* const slot = to->ring.begin_push()) {
      slot->time_ns = clock_ns(CLOCK_MONOTONIC);  // a vDSO call: no lock, no allocation
      slot->label = current_work_label;           // initial-exec TLS: a plain load
      // Of a signal that a process sent, the same bytes are the sender's user id.
      slot->overruns =
          info && info->si_code == SI_TIMER ? static_cast<std::uint32_t>(info->si_overrun) : 0;
      slot->depth = static_cast<std::uint32_t>(
          to->walker.walk(*static_cast<ucontext_t*>(context), slot->pcs));
      to->ring.end_push();
    }
  }
  in_handler.store(false, std::memory_order_seq_cst);
  // gperftools' handler takes the same three arguments and unwinds the same context.
  if ((previous_action.sa_flags & SA_SIGINFO) != 0 && previous_action.sa_sigaction)
    previous_action.sa_sigaction(signal, info, context);
  errno = interrupted_errno;
}

// Puts our handler before the one that is there. gperftools may have installed its own since.
void install_handler() {
  struct sigaction current {};
  sigaction(SIGPROF, nullptr, &current);
  if (current.sa_sigaction == on_sigprof) return;
  previous_action = current;
  struct sigaction ours {};
  ours.sa_sigaction = on_sigprof;
  ours.sa_flags = SA_SIGINFO | SA_RESTART;
  sigemptyset(&ours.sa_mask);
  if (sigaction(SIGPROF, &ours, nullptr) != 0)
    throw std::system_error{errno, std::generic_category(), "sigaction"};
}

}  // namespace

struct loop_sampler::recording {
  recording(unwind::address_range stack, std::uintptr_t outermost)
      : to{{}, {stack, unwind::executable_text(), outermost}} {}

  std::uint32_t stack_index(unwind::stack_sample const& slot);
  std::uint32_t label_index(std::string_view const* label);

  sink to;
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
    : thread_{gettid()},
      stack_{unwind::own_stack()},
      outermost_frame_{unwind::outermost_frame(stack_, unwind::executable_text())} {}

loop_sampler::~loop_sampler() {
  if (timer_) std::ignore = stop();  // what was taken is not wanted
}

result<void> loop_sampler::start(int hz) {
  LOOPSCOPE_EXPECTS(hz >= min_hz && hz <= max_hz);
  if (!available()) return errc::unsupported;
  if (timer_) return errc::busy;
  auto const period = std::chrono::microseconds{std::chrono::seconds{1}} / hz;
  recording_ = std::make_unique<recording>(stack_, outermost_frame_);
  recording_->profile.period = period;
  recording_->profile.start_unix_ns = clock_ns(CLOCK_REALTIME);
  recording_->profile.start_ns = clock_ns(CLOCK_MONOTONIC);
  install_handler();
  active_sink.store(&recording_->to, std::memory_order_seq_cst);
  try {
    timer_.emplace(thread_, period);
  } catch (...) {
    detach();
    recording_.reset();
    throw;
  }
  return {};
}

// Afterwards no handler uses the sink.
void loop_sampler::detach() noexcept {
  active_sink.store(nullptr, std::memory_order_seq_cst);
  while (in_handler.load(std::memory_order_seq_cst)) {
  }
}

void loop_sampler::drain() {
  if (!recording_) return;
  auto& profile = recording_->profile;
  recording_->to.ring.drain([&](unwind::stack_sample const& slot) {
    profile.samples.push_back({slot.time_ns, recording_->stack_index(slot),
                               recording_->label_index(slot.label), slot.overruns});
  });
  profile.dropped = recording_->to.ring.dropped();
}

std::uint64_t loop_sampler::taken() const noexcept {
  return recording_ ? recording_->profile.samples.size() : 0;
}

model::raw_cpu_profile loop_sampler::stop() {
  LOOPSCOPE_EXPECTS(timer_.has_value());
  timer_.reset();
  detach();
  drain();
  auto profile = std::move(recording_->profile);
  recording_.reset();
  profile.end_ns = clock_ns(CLOCK_MONOTONIC);
  return profile;
}

}  // namespace loopscope::cpu
