// Seven threads are sampled while libraries come and go: unwind-stress SECONDS PLUGIN...
// It is built with poisoned maps, so that a map freed too early gives walks that end broken or a
// crash. Prints one line of JSON per thread; exits 1 if a thread makes no progress.
#include <loopscope/unwind/map_publisher.hpp>
#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/table_walker.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <memory>
#include <regex>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <ucontext.h>
#include <unistd.h>
#include <utility>
#include <vector>

using namespace loopscope::unwind;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

map_publisher publisher;
std::atomic<bool> stop{false};

struct sampled_thread {
  char const* name = "";
  map_reader reader;
  address_range stack;
  last_walk last;
  std::atomic<std::uint64_t> rounds{0};
  std::atomic<std::uint64_t> samples{0};
  std::atomic<std::uint64_t> broken{0};
};

thread_local sampled_thread* self __attribute__((tls_model("initial-exec"))) = nullptr;

void on_prof(int, siginfo_t*, void* context) {
  auto* const me = self;
  if (me == nullptr) return;  // a signal that was pending when the thread left
  auto const saved_errno = errno;
  std::array<stack_frame, 128> frames;
  held_map const map{publisher, me->reader};
  if (map.get() != nullptr) {
    auto const& interrupted = *static_cast<ucontext_t const*>(context);
    auto const end = walk_stack(*map.get(), me->stack, interrupted, frames, &me->last).end;
    me->samples.fetch_add(1, std::memory_order_relaxed);
    if (end != walk_end::outermost) me->broken.fetch_add(1, std::memory_order_relaxed);
  }
  errno = saved_errno;
}

/// Samples the calling thread at 1000 Hz of real time while it lives.
class sampling {
 public:
  explicit sampling(sampled_thread& thread) : thread_{thread} {
    thread.stack = own_stack();
    publisher.add(thread.reader);
    self = &thread;
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGPROF;
    event._sigev_un._tid = gettid();
    itimerspec const schedule{{0, 1'000'000}, {0, 500'000}};
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0 ||
        timer_settime(timer_, 0, &schedule, nullptr) != 0)
      throw std::system_error{errno, std::generic_category(), "timer"};
  }
  ~sampling() {
    timer_delete(timer_);
    self = nullptr;
    publisher.remove(thread_.reader);
  }
  sampling(sampling const&) = delete;
  sampling& operator=(sampling const&) = delete;

 private:
  sampled_thread& thread_;
  timer_t timer_{};
};

std::uint64_t volatile sink = 0;

// NOLINTNEXTLINE(misc-no-recursion): a deep stack is wanted
[[gnu::noinline]] int throw_below(int frames) {
  if (frames == 0) throw std::runtime_error{std::string(40, 'x')};
  int const volatile below = throw_below(frames - 1);
  return below + 1;
}

void throw_once() {
  static thread_local int depth = 0;
  try {
    throw_below(++depth % 20);
  } catch (std::runtime_error const& error) {
    sink = std::strlen(error.what());
  }
}

void allocate() {
  std::vector<std::unique_ptr<char[]>> kept;
  for (std::size_t size = 16; size < 5000; size += 31)
    kept.push_back(std::make_unique<char[]>(size));
  sink = kept.size();
}

void match() {
  static std::regex const pattern{"([a-z]+)([0-9]+)"};
  std::vector<std::string> words;
  words.reserve(50);
  for (int i = 0; i < 50; ++i) words.push_back("abc" + std::to_string(i * 7919 % 1000));
  std::sort(words.begin(), words.end());
  for (auto const& text : words) sink = std::regex_match(text, pattern) ? 1 : 0;
}

// Some libraries are gone before the next refresh, some stay for several.
void load_and_unload(char const* path, std::chrono::milliseconds stay) {
  void* const library = dlopen(path, RTLD_NOW);
  if (library == nullptr) throw std::runtime_error{std::string{"cannot load "} + path};
  auto* const work = reinterpret_cast<int (*)(int)>(dlsym(library, "plugin_work"));
  auto const until = steady::now() + stay;
  do sink = static_cast<std::uint64_t>(work(5));
  while (steady::now() < until && !stop);
  dlclose(library);
}

template <class Round>
void run(sampled_thread& thread, char const* name, Round round) {
  thread.name = name;
  sampling const sampled{thread};
  while (!stop) {
    round();
    thread.rounds.fetch_add(1, std::memory_order_relaxed);
  }
}

using all_threads = std::array<sampled_thread, 7>;

std::vector<std::thread> start(all_threads& all, std::span<char*> plugins) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 2; ++i) {
    threads.emplace_back([&all, i] { run(all[i], "throw", throw_once); });
    threads.emplace_back([&all, i] { run(all[2 + i], "allocate", allocate); });
  }
  threads.emplace_back([&all] { run(all[4], "match", match); });
  for (std::size_t i = 5; i < all.size(); ++i)
    threads.emplace_back([&all, plugins, i] {
      run(all[i], "load", [plugins, next = i]() mutable {
        auto const stay = next % 4 == 0 ? 250ms : std::chrono::milliseconds{next % 4};
        load_and_unload(plugins[next++ % plugins.size()], stay);
      });
    });
  return threads;
}

// Every other map is made although nothing changed: that is how readers see the most changes.
std::uint64_t refresh_for(std::chrono::seconds time) {
  std::uint64_t published = 0;
  for (auto const until = steady::now() + time; steady::now() < until; ++published) {
    publisher.refresh(published % 2 == 0);
    std::this_thread::sleep_for(1ms);
  }
  return published;
}

bool report(all_threads const& all) {
  bool progress = true;
  for (auto const& thread : all) {
    std::printf("{\"thread\": \"%s\", \"rounds\": %lu, \"samples\": %lu, \"broken\": %lu}\n",
                thread.name, thread.rounds.load(), thread.samples.load(), thread.broken.load());
    progress = progress && thread.rounds > 0;
  }
  return progress;
}

}  // namespace

int main(int argc, char** argv) {
  std::span const arguments{argv, static_cast<std::size_t>(argc)};
  if (arguments.size() < 3) return 2;
  std::chrono::seconds const time{std::atoi(arguments[1])};
  publisher.refresh();
  struct sigaction action {};
  action.sa_sigaction = on_prof;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGPROF, &action, nullptr);

  static all_threads all;
  auto threads = start(all, arguments.subspan(2));
  refresh_for(time);
  stop = true;
  for (auto& thread : threads) thread.join();
  return report(all) ? 0 : 1;
}
