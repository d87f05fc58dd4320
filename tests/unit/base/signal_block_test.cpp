#include "support/catch.hpp"

#include <loopscope/base/signal_block.hpp>

#include <csignal>
#include <thread>
#include <vector>

using namespace loopscope;

namespace {

// The numbers of the signals that the calling thread blocks.
std::vector<int> blocked() {
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  std::vector<int> numbers;
  for (int number = 1; number <= SIGRTMAX; ++number)
    if (sigismember(&mask, number) == 1) numbers.push_back(number);
  return numbers;
}

// All but the two that nobody can block, and those below SIGRTMIN that glibc keeps for itself.
std::vector<int> blockable() {
  std::vector<int> numbers;
  for (int number = 1; number <= SIGRTMAX; ++number) {
    auto const is_reserved = number > SIGSYS && number < SIGRTMIN;
    if (number != SIGKILL && number != SIGSTOP && !is_reserved) numbers.push_back(number);
  }
  return numbers;
}

// Blocks what a test starts with in addition, and unblocks it afterwards.
struct one_blocked {
  sigset_t before;

  explicit one_blocked(int number) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    pthread_sigmask(SIG_BLOCK, &one, &before);
  }
  ~one_blocked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
  one_blocked(one_blocked const&) = delete;
  one_blocked& operator=(one_blocked const&) = delete;
};

}  // namespace

TEST_CASE("A signal block", "[base]") {
  one_blocked const usual{SIGUSR1};
  auto const before = blocked();
  REQUIRE(before != blockable());

  SECTION("blocks every signal while it lives, and restores the former mask") {
    {
      signal_block const block;
      CHECK(blocked() == blockable());
    }

    CHECK(blocked() == before);
  }

  SECTION("may lie within another one") {
    {
      signal_block const outer;
      { signal_block const inner; }
      CHECK(blocked() == blockable());
    }

    CHECK(blocked() == before);
  }

  SECTION("is inherited by a thread that starts meanwhile, for good") {
    std::vector<int> seen;
    std::thread thread;
    {
      signal_block const block;
      thread = std::thread{[&] { seen = blocked(); }};
    }
    thread.join();

    CHECK(seen == blockable());
    CHECK(blocked() == before);
  }
}
