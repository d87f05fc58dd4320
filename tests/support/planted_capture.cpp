// Takes a raw capture of itself: work for two routes, then a wait for events, a third of the time
// each. For tests of what is done with a capture.
//
//   planted-capture FILE MILLISECONDS [--without-native]

#include <loopscope/base/build_id.hpp>
#include <loopscope/model/mapped_objects.hpp>
#include <loopscope/model/memory_map.hpp>
#include <loopscope/model/raw_cpu_profile.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>
#include <vector>

namespace planted {

using namespace loopscope;
using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::nanoseconds period = milliseconds{1};
constexpr std::size_t max_depth = 64;
constexpr std::size_t max_samples = 100'000;

struct taken_sample {
  std::uint64_t time_ns;
  std::uint32_t label;
  std::uint32_t overruns;
  std::size_t depth;
  std::array<std::uint64_t, max_depth> pcs;
};

// Written by the handler of the signal alone while the timer runs.
std::vector<taken_sample> taken(max_samples);
std::size_t taken_count = 0;
timer_t timer{};
std::uint32_t volatile label = 0;

std::uint64_t now_ns(clockid_t which = CLOCK_MONOTONIC) {
  timespec now{};
  clock_gettime(which, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

struct walk {
  taken_sample& into;
  std::uint64_t from;  // frames further in are those of the handler
};

_Unwind_Reason_Code add_frame(_Unwind_Context* context, void* data) {
  auto& [into, from] = *static_cast<walk*>(data);
  auto const pc = _Unwind_GetIP(context);
  if (into.depth == 0 && pc != from) return _URC_NO_REASON;
  if (into.depth == max_depth || pc == 0) return _URC_END_OF_STACK;
  into.pcs[into.depth++] = pc;
  return _URC_NO_REASON;
}

void take_sample(int, siginfo_t* info, void* context) {
  if (taken_count == max_samples) return;
  auto& sample = taken[taken_count++];
  sample = {now_ns(), label, static_cast<std::uint32_t>(info->si_overrun), 0, {}};
  auto const* interrupted = static_cast<ucontext_t const*>(context);
  walk all{sample, static_cast<std::uint64_t>(interrupted->uc_mcontext.gregs[REG_RIP])};
  _Unwind_Backtrace(add_frame, &all);
}

void start_timer() {
  struct sigaction action {};
  action.sa_sigaction = take_sample;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGPROF, &action, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGPROF;
  timer_create(CLOCK_MONOTONIC, &event, &timer);
  timespec const every{0, period.count()};
  itimerspec const both{every, every};
  timer_settime(timer, 0, &both, nullptr);
}

[[gnu::always_inline]] inline double inlined_step(double value) {
  return std::exp(-value) + std::log1p(value);
}

[[gnu::noinline]] double work_of_one(double seed) {
  for (int i = 0; i < 1000; ++i) seed += inlined_step(seed / 1000);
  return seed;
}

[[gnu::noinline]] double work_of_two(double seed) {
  std::array<double, 256> values{};
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = seed * static_cast<double>((i * 7919) % 251);
  std::sort(values.begin(), values.end());
  return values[13];
}

void keep(double value) {
  asm volatile("" : : "g"(value) : "memory");
}

[[gnu::noinline]] void handle_one(clock::time_point end) {
  while (clock::now() < end) keep(work_of_one(0.5));
}

[[gnu::noinline]] void handle_two(clock::time_point end) {
  while (clock::now() < end) keep(work_of_two(0.5));
}

[[gnu::noinline]] void wait_for_events(clock::time_point end) {
  auto const queue = epoll_create1(0);
  epoll_event event{};
  while (clock::now() < end) epoll_wait(queue, &event, 1, 10);
  close(queue);
}

std::string read_text(std::string const& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

// Source: https://gperftools.github.io/gperftools/cpuprofile-fileformat.html
std::string native_of(model::raw_cpu_profile const& raw) {
  std::vector<std::uint64_t> words{
      0, 3, 0, static_cast<std::uint64_t>(period / std::chrono::microseconds{1}), 0};
  std::map<std::uint32_t, std::uint64_t> counts;
  for (auto const& sample : raw.samples) ++counts[sample.stack];
  for (auto const& [stack, count] : counts) {
    auto const& pcs = raw.stacks[stack];
    words.insert(words.end(), {count, pcs.size()});
    words.insert(words.end(), pcs.begin(), pcs.end());
  }
  words.insert(words.end(), {0, 1, 0});
  return std::string{reinterpret_cast<char const*>(words.data()), words.size() * 8} + raw.maps;
}

void move_samples_into(model::raw_cpu_profile& raw) {
  std::map<model::call_stack, std::uint32_t> known;
  for (std::size_t i = 0; i < taken_count; ++i) {
    auto const& sample = taken[i];
    auto const depth = static_cast<std::ptrdiff_t>(sample.depth);
    model::call_stack const stack(sample.pcs.begin(), sample.pcs.begin() + depth);
    auto const id = static_cast<std::uint32_t>(raw.stacks.size());
    auto const [at, is_new] = known.try_emplace(stack, id);
    if (is_new) raw.stacks.push_back(stack);
    raw.samples.push_back({sample.time_ns, at->second, sample.label, sample.overruns});
  }
}

model::raw_cpu_profile capture(milliseconds duration) {
  model::raw_cpu_profile raw;
  raw.period = period;
  raw.start_ns = now_ns();
  raw.start_unix_ns = now_ns(CLOCK_REALTIME);
  auto const start = clock::now();
  start_timer();
  label = 1;
  handle_one(start + duration / 3);
  label = 2;
  handle_two(start + duration * 2 / 3);
  label = 0;
  wait_for_events(start + duration);
  timer_delete(timer);
  raw.end_ns = now_ns();
  raw.executable = std::filesystem::read_symlink("/proc/self/exe");
  raw.build_id = executable_build_id();
  raw.maps = read_text("/proc/self/maps");
  raw.objects = model::mapped_objects(model::parse_maps(raw.maps).value());
  raw.labels = {"", "/api/one", "/api/two"};
  move_samples_into(raw);
  return raw;
}

}  // namespace planted

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  auto raw = planted::capture(planted::milliseconds{std::atoi(argv[2])});
  if (argc < 4) raw.gperftools = planted::native_of(raw);
  std::ofstream file{argv[1], std::ios::binary};
  loopscope::model::write_raw(file, raw);
  return file.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}
