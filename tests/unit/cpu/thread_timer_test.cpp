#include "support/catch.hpp"

#include <loopscope/cpu/thread_timer.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <optional>
#include <poll.h>
#include <sys/types.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;
using loopscope::cpu::thread_timer;
using clock_type = std::chrono::steady_clock;

namespace {

std::atomic<int> signals = 0;
std::atomic<int> elsewhere = 0;
std::atomic<pid_t> expected_thread = 0;

void count_signal(int) {
  ++(gettid() == expected_thread ? signals : elsewhere);
}

// Counts SIGPROF instead of whatever its handler did, while the object lives.
class counted_sigprof {
 public:
  counted_sigprof() {
    signals = 0;
    elsewhere = 0;
    struct sigaction action {};
    action.sa_handler = count_signal;
    action.sa_flags = SA_RESTART;
    sigaction(SIGPROF, &action, &before_);
  }
  ~counted_sigprof() { sigaction(SIGPROF, &before_, nullptr); }
  counted_sigprof(counted_sigprof const&) = delete;
  counted_sigprof& operator=(counted_sigprof const&) = delete;

 private:
  struct sigaction before_ {};
};

// Busy until `count` signals came; false if they did not within 5 s.
bool saw_signals(int count) {
  auto const patience = clock_type::now() + 5s;
  while (signals < count)
    if (clock_type::now() > patience) return false;
  return true;
}

void stay_busy(clock_type::duration length) {
  auto const end = clock_type::now() + length;
  while (clock_type::now() < end) continue;
}

}  // namespace

TEST_CASE("A thread timer sends SIGPROF at a steady rate", "[cpu]") {
  counted_sigprof const handler;
  expected_thread = gettid();
  auto const [period, count] = GENERATE(table<std::chrono::microseconds, int>({
      {500us, 40},
      {1000us, 20},
      {10'000us, 3},
  }));
  CAPTURE(period.count());
  bool in_time = false;
  for (int i = 0; i < 100 && !in_time; ++i) {  // others may use the machine
    signals = 0;
    auto const start = clock_type::now();
    thread_timer const timer{gettid(), period};

    REQUIRE(saw_signals(count));
    auto const passed = clock_type::now() - start;

    CHECK(passed >= count * period - period / 2);
    in_time = passed < 10 * count * period;
  }

  CHECK(in_time);
  CHECK(elsewhere == 0);
}

TEST_CASE("A thread timer's first signal comes in the middle of a period", "[cpu]") {
  counted_sigprof const handler;
  expected_thread = gettid();
  auto const start = clock_type::now();
  thread_timer const timer{gettid(), 2s};

  REQUIRE(saw_signals(1));

  auto const passed = clock_type::now() - start;
  CHECK(passed >= 1s);
  CHECK(passed < 2s);
}

TEST_CASE("A thread timer counts a period above one second in full", "[cpu]") {
  counted_sigprof const handler;
  expected_thread = gettid();
  // Were the seconds lost, the timer would tick every 1 ms.
  thread_timer const timer{gettid(), 1'001'000us};
  stay_busy(20ms);

  CHECK(signals == 0);
}

TEST_CASE("A thread timer stops with the object", "[cpu]") {
  counted_sigprof const handler;
  expected_thread = gettid();
  std::optional<thread_timer> timer;
  timer.emplace(gettid(), 1000us);
  REQUIRE(saw_signals(2));

  timer.reset();
  auto const before = signals.load();
  stay_busy(20ms);

  CHECK(signals == before);
}

TEST_CASE("A thread timer interrupts the given thread and no other", "[cpu]") {
  counted_sigprof const handler;
  std::promise<pid_t> id;
  std::atomic may_end = false;
  std::jthread other{[&] {
    id.set_value(gettid());
    // Waits, not works: the wall clock ticks all the same.
    while (!may_end) ::poll(nullptr, 0, 1);
  }};
  auto const thread = id.get_future().get();
  expected_thread = thread;
  std::optional<thread_timer> timer;
  timer.emplace(thread, 1000us);

  CHECK(saw_signals(10));
  timer.reset();
  may_end = true;
  other.join();

  CHECK(elsewhere == 0);
}

TEST_CASE("A thread timer wants a thread of this process", "[cpu]") {
  CHECK_THROWS_AS(thread_timer(1, 1000us), std::system_error);
  CHECK_THROWS_AS(thread_timer(-1, 1000us), std::system_error);
}
