#include "support/catch.hpp"

#include <loopscope/cpu/gperftools_profiler.hpp>
#include <loopscope/cpu/loop_sampler.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <dlfcn.h>
#include <functional>
#include <future>
#include <memory>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace loopscope;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr unsigned patience_s = 60;
constexpr std::uint64_t samples_of_a_cycle = 3;

// `scripts/test --full` asks for the long form.
int cycles() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no thread changes the environment
  return std::getenv("LAB_TEST_FULL") ? 1'000 : 150;
}

// SIGALRM ends the process: a hang is a failure that prints where it is.
struct watchdog {
  watchdog() { alarm(patience_s); }
  ~watchdog() { alarm(0); }
  watchdog(watchdog const&) = delete;
  watchdog& operator=(watchdog const&) = delete;
};

// As the service does in all its threads but the one that is sampled.
class sigprof_blocked {
 public:
  sigprof_blocked() {
    sigset_t profile;
    sigemptyset(&profile);
    sigaddset(&profile, SIGPROF);
    pthread_sigmask(SIG_BLOCK, &profile, &before_);
  }
  ~sigprof_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  sigprof_blocked(sigprof_blocked const&) = delete;
  sigprof_blocked& operator=(sigprof_blocked const&) = delete;

 private:
  sigset_t before_{};
};

void unblock_sigprof() {
  sigset_t profile;
  sigemptyset(&profile);
  sigaddset(&profile, SIGPROF);
  pthread_sigmask(SIG_UNBLOCK, &profile, nullptr);
}

void allocate() {
  constexpr std::array<std::size_t, 6> sizes{16, 200, 3'000, 40'000, 500'000, 2'000'000};
  std::vector<std::unique_ptr<char[]>> blocks;
  for (int round = 0; round < 20; ++round)
    for (auto const size : sizes) {
      blocks.push_back(std::make_unique_for_overwrite<char[]>(size));
      blocks.back()[0] = 'x';
    }
}

__attribute__((noinline)) void fail_at(int depth) {
  std::string const unwound = "a destructor runs on the way: " + std::to_string(depth);
  if (depth == 0) throw std::runtime_error{unwound};
  fail_at(depth - 1);
  asm volatile("" ::: "memory");
}

void throw_and_catch() {
  try {
    fail_at(10);
  } catch (std::runtime_error const&) {
  }
}

// A library that nobody else here uses is really loaded and unloaded.
char const* spare_library() {
  for (char const* const name : {"libanl.so.1", "libutil.so.1", "libz.so.1", "libm.so.6"}) {
    auto* const loaded = dlopen(name, RTLD_NOW | RTLD_NOLOAD);
    if (loaded)
      dlclose(loaded);
    else if (auto* const spare = dlopen(name, RTLD_NOW)) {
      dlclose(spare);
      return name;
    }
  }
  return nullptr;
}

void load_and_unload(char const* library) {
  if (auto* const loaded = dlopen(library, RTLD_NOW)) dlclose(loaded);
}

// Threads that repeat something until the end.
class crowd {
 public:
  ~crowd() {
    stop_ = true;
    for (auto& each : threads_) each.join();
  }

  void add(std::function<void()> prepare, std::function<void()> step) {
    threads_.emplace_back([this, prepare = std::move(prepare), step = std::move(step)] {
      prepare();
      while (!stop_) step();
    });
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

// As cpu_recorder does it. \return the number of samples.
std::size_t record(cpu::loop_sampler& sampler, cpu::gperftools_profiler& native) {
  if (cpu::gperftools_profiler::available()) REQUIRE(native.start());
  REQUIRE(sampler.start(cpu::max_hz));
  auto const end = clock_type::now() + 20ms;
  while (sampler.taken() < samples_of_a_cycle && clock_type::now() < end) {
    sampler.drain();
    std::this_thread::yield();
  }
  auto const profile = sampler.stop();
  auto const native_profile = native.stop(1ms);
  if (cpu::gperftools_profiler::available()) REQUIRE(native_profile.size() >= 8 * sizeof(void*));
  return profile.samples.size();
}

}  // namespace

TEST_CASE("Recordings among allocations, exceptions and libraries", "[cpu][slow]") {
  if (!cpu::loop_sampler::available()) return;
  watchdog const bites;
  sigprof_blocked const here;
  auto const* const library = spare_library();
  REQUIRE(library);
  std::promise<std::unique_ptr<cpu::loop_sampler>> made;
  cpu::gperftools_profiler native;
  std::size_t samples = 0;
  auto sampler_of_the_busy_thread = made.get_future();
  {
    crowd all;
    auto const nothing = [] {};
    auto const become_the_sampled_one = [&] {
      unblock_sigprof();
      made.set_value(std::make_unique<cpu::loop_sampler>());
    };
    all.add(become_the_sampled_one, [library] {
      allocate();
      throw_and_catch();
      load_and_unload(library);
    });
    all.add(nothing, allocate);
    all.add(nothing, throw_and_catch);
    all.add(nothing, [library] { load_and_unload(library); });
    auto const sampler = sampler_of_the_busy_thread.get();

    for (int i = 0; i < cycles(); ++i) samples += record(*sampler, native);
  }
  CHECK(samples > static_cast<std::size_t>(cycles()));
}
