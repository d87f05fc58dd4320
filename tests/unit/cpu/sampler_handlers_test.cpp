#include "support/catch.hpp"
#include "support/in_child.hpp"
#include "support/tick.hpp"

#include <loopscope/cpu/loop_sampler.hpp>

#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <thread>
#include <unistd.h>

using namespace loopscope;
using cpu::loop_sampler;
using test::in_child;
using test::tick;

namespace {

volatile std::sig_atomic_t calls = 0;
volatile std::sig_atomic_t calls_of_a_later_one = 0;
struct sigaction before_the_later_one {};
sigjmp_buf way_out;

void count_and_spoil_errno(int, siginfo_t*, void*) {
  calls = calls + 1;
  errno = EBADF;
}

void count_without_information(int) {
  calls = calls + 1;
}

void count_and_pass_on(int signal, siginfo_t* info, void* context) {
  calls_of_a_later_one = calls_of_a_later_one + 1;
  if ((before_the_later_one.sa_flags & SA_SIGINFO) != 0)
    before_the_later_one.sa_sigaction(signal, info, context);
}

void jump_away(int, siginfo_t*, void*) {
  calls = calls + 1;
  siglongjmp(way_out, 1);
}

void install(void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction theirs {};
  theirs.sa_sigaction = handler;
  theirs.sa_flags = SA_SIGINFO;
  sigaction(SIGPROF, &theirs, nullptr);
}

void install(void (*handler)(int)) {
  struct sigaction theirs {};
  theirs.sa_handler = handler;
  sigaction(SIGPROF, &theirs, nullptr);
}

// One that passes on to what it finds, as a well-behaved one does.
void install_later_one() {
  sigaction(SIGPROF, nullptr, &before_the_later_one);
  install(count_and_pass_on);
}

void (*current_handler())(int, siginfo_t*, void*) {
  struct sigaction now {};
  sigaction(SIGPROF, nullptr, &now);
  return now.sa_sigaction;
}

std::size_t samples_of_one_tick(loop_sampler& sampler) {
  if (!test::start_for_ticks(sampler)) return 99;
  tick();
  return sampler.stop().samples.size();
}

}  // namespace

#ifndef __SANITIZE_THREAD__

TEST_CASE("The handler that was there before is still called, and errno survives it", "[cpu]") {
  auto const failures = in_child([] {
    install(count_and_spoil_errno);
    loop_sampler sampler;
    if (!test::start_for_ticks(sampler)) return 1;
    errno = EXDEV;
    tick();
    if (errno != EXDEV) return 2;
    if (calls != 1) return 3;
    if (sampler.stop().samples.size() != 1) return 4;
    tick();
    return calls == 2 ? 0 : 5;
  });

  CHECK(failures == 0);
}

TEST_CASE("Starting twice does not chain the handler to itself", "[cpu]") {
  auto const failures = in_child([] {
    loop_sampler sampler;
    for (int i = 0; i < 3; ++i) {
      if (!test::start_for_ticks(sampler)) return 1;
      tick();
      if (sampler.stop().samples.size() != 1) return 2;
    }
    return 0;
  });

  CHECK(failures == 0);
}

TEST_CASE("A handler that was there before may want no information on the signal", "[cpu]") {
  auto const failures = in_child([] {
    install(count_without_information);
    loop_sampler sampler;
    if (samples_of_one_tick(sampler) != 1) return 1;
    return calls == 1 ? 0 : 2;
  });

  CHECK(failures == 0);
}

TEST_CASE("Where no handler was before, none is called", "[cpu]") {
  auto* const disposition = GENERATE(SIG_DFL, SIG_IGN);

  auto const failures = in_child([disposition] {
    install(disposition);
    loop_sampler sampler;
    if (samples_of_one_tick(sampler) != 1) return 1;
    tick();  // one that is late does not end the process
    return 0;
  });

  CHECK(failures == 0);
}

TEST_CASE("Handlers that call each other are called once for a signal", "[cpu]") {
  auto const failures = in_child([] {
    install(count_and_spoil_errno);
    loop_sampler sampler;
    if (samples_of_one_tick(sampler) != 1 || calls != 1) return 1;
    for (int i = 1; i <= 3; ++i) {
      install_later_one();  // it calls ours, and ours will call it
      calls = 0;
      calls_of_a_later_one = 0;
      if (samples_of_one_tick(sampler) != 1) return 10 * i + 1;
      if (calls_of_a_later_one != 1) return 10 * i + 2;
      if (calls != 1) return 10 * i + 3;
    }
    return 0;
  });

  CHECK(failures == 0);
}

TEST_CASE("A handler that others install during a recording stays", "[cpu]") {
  SECTION("and calls ours") {
    auto const failures = in_child([] {
      loop_sampler sampler;
      if (!test::start_for_ticks(sampler)) return 1;
      install_later_one();
      tick();
      if (sampler.stop().samples.size() != 1) return 2;
      return current_handler() == count_and_pass_on ? 0 : 3;
    });

    CHECK(failures == 0);
  }

  SECTION("or does not, until the next recording") {
    auto const failures = in_child([] {
      loop_sampler sampler;
      if (!test::start_for_ticks(sampler)) return 1;
      install(count_and_spoil_errno);
      tick();
      if (!sampler.stop().samples.empty()) return 2;
      if (current_handler() != count_and_spoil_errno) return 3;
      if (samples_of_one_tick(sampler) != 1) return 4;
      return calls == 2 ? 0 : 5;
    });

    CHECK(failures == 0);
  }
}

TEST_CASE("A handler that jumps away does not end sampling", "[cpu]") {
  auto const failures = in_child([] {
    install(jump_away);
    loop_sampler sampler;
    if (!test::start_for_ticks(sampler)) return 1;
    for (int i = 0; i < 3; ++i)
      if (sigsetjmp(way_out, 1) == 0) tick();
    if (calls != 3) return 2;
    return sampler.stop().samples.size() == 3 ? 0 : 3;
  });

  CHECK(failures == 0);
}

TEST_CASE("A SIGPROF of others is passed on and is no sample", "[cpu]") {
  auto const failures = in_child([] {
    install(count_and_spoil_errno);
    loop_sampler sampler;
    if (!test::start_for_ticks(sampler)) return 1;
    raise(SIGPROF);
    kill(getpid(), SIGPROF);
    if (calls != 2) return 2;
    return sampler.stop().samples.empty() ? 0 : 3;
  });

  CHECK(failures == 0);
}

TEST_CASE("A SIGPROF on another thread is no sample", "[cpu]") {
  loop_sampler sampler;
  REQUIRE(test::start_for_ticks(sampler));

  std::thread{[] { tick(); }}.join();

  CHECK(sampler.stop().samples.empty());
}

TEST_CASE("A second sampler of the process is refused while one records", "[cpu]") {
  loop_sampler first;
  REQUIRE(test::start_for_ticks(first));
  tick();

  result<void> of_another_thread;
  std::thread{[&] {
    loop_sampler second;
    of_another_thread = second.start(cpu::max_hz);
    tick();
  }}.join();
  CHECK(of_another_thread.error() == errc::busy);
  loop_sampler third;
  CHECK(test::start_for_ticks(third).error() == errc::busy);
  CHECK_FALSE(third.running());
  CHECK(third.taken() == 0);
  tick();

  CHECK(first.stop().samples.size() == 2);
  CHECK(test::start_for_ticks(third).has_value());
  tick();
  CHECK(third.stop().samples.size() == 1);
}

#endif
