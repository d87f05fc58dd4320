// Takes stacks every 40 us while coroutines churn: async-stress SECONDS. Frames are freed to the
// allocator at once, which had better poison them (MALLOC_PERTURB_). Prints one line of JSON.
#include "churn.hpp"

#include <loopscope/base/waiting_word.hpp>
#include <loopscope/coroutines/pump_hook.hpp>
#include <loopscope/coroutines/splice.hpp>
#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/stack_ring.hpp>
#include <loopscope/unwind/table_walker.hpp>
#include <loopscope/unwind/unwind_map.hpp>

#include <boost/asio/io_context.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <pthread.h>
#include <system_error>
#include <ucontext.h>
#include <unistd.h>

boost::asio::awaitable<void> churn_unhooked(std::chrono::steady_clock::time_point end,
                                            boost::asio::thread_pool& other);

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the linker makes it
extern char const __executable_start;
extern char const etext;

namespace {

using namespace loopscope;
using namespace std::chrono_literals;
using churn::steady;

struct sampled {
  std::unique_ptr<unwind::unwind_map const> map = unwind::unwind_map::make(nullptr);
  unwind::address_range stack = unwind::own_stack();
  pthread_t thread = pthread_self();
  std::array<unwind::stack_frame, unwind::max_depth> frames{};
  std::array<std::uint64_t, unwind::max_depth> words{};
  std::uint64_t samples = 0;
  std::uint64_t logical = 0;  // that have a waiting coroutine
  std::uint64_t garbage = 0;  // words of no coroutine of ours
};

sampled* active = nullptr;

bool is_our_code(std::uint64_t address) {
  auto const begin = reinterpret_cast<std::uintptr_t>(&__executable_start);
  return address >= begin && address < reinterpret_cast<std::uintptr_t>(&etext);
}

void on_prof(int, siginfo_t*, void* context) {
  auto const saved_errno = errno;
  auto& me = *active;
  if (pthread_equal(me.thread, pthread_self()) == 0) return;
  auto const walked =
      unwind::walk_stack(*me.map, me.stack, *static_cast<ucontext_t const*>(context), me.frames);
  auto const physical = std::span{me.frames}.first(walked.depth);
  auto const written = coroutines::splice(physical, me.stack, me.words);
  std::uint64_t waiting = 0;
  for (auto const word : std::span{me.words}.first(written.depth)) {
    if (!waiting_word::is(word)) continue;
    ++waiting;
    if (!is_our_code(waiting_word::resume_of(word))) ++me.garbage;
  }
  ++me.samples;
  me.logical += waiting > 0 ? 1 : 0;
  errno = saved_errno;
}

timer_t start_timer(long period_ns) {
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGPROF;
  event._sigev_un._tid = gettid();
  timer_t timer{};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
    throw std::system_error{errno, std::generic_category(), "timer_create"};
  itimerspec const spec{{0, period_ns}, {0, period_ns}};
  timer_settime(timer, 0, &spec, nullptr);
  return timer;
}

void churn_for(std::chrono::seconds duration) {
  boost::asio::thread_pool other{1};
  auto const until = steady::now() + duration;
  while (steady::now() < until) {
    boost::asio::io_context loop{1};  // dies with hundreds of chains that wait
    for (int i = 0; i < 2; ++i) {
      boost::asio::co_spawn(loop, churn::until(steady::now() + 50ms, other), boost::asio::detached);
      boost::asio::co_spawn(loop, churn_unhooked(steady::now() + 50ms, other),
                            boost::asio::detached);
    }
    loop.run_for(60ms);
    // What was sent to the other thread may still come back to this loop.
    boost::asio::post(other, boost::asio::use_future).get();
  }
  other.join();
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what is thrown ends the program
int main(int argc, char** argv) {
  auto const seconds = argc > 1 ? std::atoi(argv[1]) : 10;
  sampled me;
  active = &me;
  coroutines::initiation_notes const notes;
  struct sigaction action {};
  action.sa_sigaction = on_prof;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGPROF, &action, nullptr);
  auto const timer = start_timer(40'000);
  churn_for(std::chrono::seconds{seconds});
  timer_delete(timer);
  std::printf("{\"samples\": %llu, \"logical\": %llu, \"garbage\": %llu}\n",
              static_cast<unsigned long long>(me.samples),
              static_cast<unsigned long long>(me.logical),
              static_cast<unsigned long long>(me.garbage));
}
