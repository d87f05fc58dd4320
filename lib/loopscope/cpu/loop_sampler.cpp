#include <loopscope/base/expects.hpp>
#include <loopscope/base/work_label.hpp>
#include <loopscope/coroutines/splice.hpp>
#include <loopscope/cpu/loop_sampler.hpp>
#include <loopscope/cpu/signal_chain_impl.hpp>
#include <loopscope/cpu/signal_loan_impl.hpp>
#include <loopscope/unwind/map_publisher.hpp>
#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/stack_ring.hpp>
#include <loopscope/unwind/table_walker.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <map>
#include <pthread.h>
#include <span>
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

// Never destroyed: a handler that a debugger keeps from leaving may use its map for any time.
unwind::map_publisher& unwind_maps() {
  static auto* const maps = new unwind::map_publisher;
  return *maps;
}

// What the handler reads and writes.
struct sink {
  sink(pthread_t of, unwind::address_range its_stack)
      : thread{of}, stack{its_stack}, maps{unwind_maps()} {
    maps.add(reader);
  }
  ~sink() { maps.remove(reader); }
  sink(sink const&) = delete;
  sink& operator=(sink const&) = delete;

  pthread_t thread;
  unwind::address_range stack;
  unwind::map_publisher& maps;
  unwind::map_reader reader;
  coroutines::initiation_notes notes;
  unwind::stack_ring ring;
  unwind::last_walk last;
  std::array<unwind::stack_frame, unwind::max_depth> frames{};
  std::array<std::uint64_t, unwind::max_depth> pcs{};
  bool volatile busy = false;  // the thread's own, between its handlers
};

constinit signal_loan<sink> lent_sink;

// A handler takes microseconds. One that does not leave in this time is stopped by a debugger.
constexpr auto patience = std::chrono::milliseconds{50};

// The map cannot be freed before the walk ends.
unwind::walk_result walk(sink& to, ucontext_t const& interrupted) noexcept {
  unwind::held_map const map{to.maps, to.reader};
  if (!map.get()) return unwind::walk_frame_pointers(to.stack, interrupted, to.frames);
  return unwind::walk_stack(*map.get(), to.stack, interrupted, to.frames, &to.last);
}

void take_sample(sink& to, siginfo_t const& info, ucontext_t const& interrupted) noexcept {
  if (!pthread_equal(to.thread, pthread_self())) return;  // reads a register
  if (to.busy) return;  // a handler that calls ours may let SIGPROF interrupt it
  to.busy = true;
  auto const time_ns = clock_ns(CLOCK_MONOTONIC);  // a vDSO call: no lock, no allocation
  auto const* const label = current_work_label;    // initial-exec TLS: a plain load
  auto const walked = walk(to, interrupted);       // reads and writes memory, calls nothing
  auto const frames = std::span{to.frames}.first(walked.depth);
  auto const stack = coroutines::splice(frames, to.stack, to.pcs);  // reads this thread's memory
  to.ring.push({time_ns, label, static_cast<std::uint32_t>(info.si_overrun),
                stack.whole ? walked.end : unwind::walk_end::no_room,
                std::span{to.pcs}.first(stack.depth)});
  to.busy = false;
}

model::stack_end stack_end_of(unwind::walk_end end) {
  switch (end) {
    case unwind::walk_end::outermost:
    case unwind::walk_end::fiber_entry:
      return model::stack_end::whole;
    case unwind::walk_end::no_room:
      return model::stack_end::cut;
    default:
      return model::stack_end::broken;
  }
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
  std::uint32_t stack_index(unwind::stack_sample const& sample);
  std::uint32_t label_index(std::string_view const* label);

  sink* to = nullptr;  // lent until the end
  model::raw_cpu_profile profile;
  std::map<std::pair<model::call_stack, model::stack_end>, std::uint32_t> stacks;
  std::map<std::string_view const*, std::uint32_t> labels{{nullptr, 0}};
};

std::uint32_t loop_sampler::recording::stack_index(unwind::stack_sample const& sample) {
  model::call_stack stack(sample.pcs.begin(), sample.pcs.end());
  auto const end = stack_end_of(sample.end);
  auto const next = static_cast<std::uint32_t>(profile.stacks.size());
  auto const [known, is_new] = stacks.try_emplace({std::move(stack), end}, next);
  if (is_new) {
    profile.stacks.push_back(known->first.first);
    profile.stack_ends.push_back(end);
  }
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

loop_sampler::loop_sampler() : thread_{gettid(), pthread_self()}, stack_{unwind::own_stack()} {}

loop_sampler::~loop_sampler() {
  if (timer_) std::ignore = stop();  // what was taken is not wanted
}

result<void> loop_sampler::start(int hz) {
  LOOPSCOPE_EXPECTS(hz >= min_hz && hz <= max_hz);
  if (!available()) return errc::unsupported;
  if (timer_) return errc::busy;
  unwind_maps().refresh();  // before the first tick
  auto started = std::make_unique<recording>();
  started->to = lent_sink.lend(std::make_unique<sink>(thread_.handle, stack_));
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
  unwind_maps().refresh();  // what was loaded since is known from the next tick on
  take_over();
}

void loop_sampler::take_over() {
  auto& profile = recording_->profile;
  recording_->to->ring.drain([&](unwind::stack_sample const& sample) {
    profile.samples.push_back({sample.time_ns, recording_->stack_index(sample),
                               recording_->label_index(sample.label), sample.overruns});
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
  take_over();                   // not drain(): a stopped thread may hold the dynamic linker's lock
  lent_sink.release();
  auto profile = std::move(recording_->profile);
  recording_.reset();
  profile.end_ns = clock_ns(CLOCK_MONOTONIC);
  return profile;
}

}  // namespace loopscope::cpu
