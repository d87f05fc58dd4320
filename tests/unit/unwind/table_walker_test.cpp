#include "support/catch.hpp"
#include "support/interrupted_walk.hpp"

#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/table_walker.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <time.h>
#include <vector>

using namespace loopscope;
using unwind::walk_end;
using stack = std::vector<std::uint64_t>;

#ifndef __SANITIZE_THREAD__  // it delivers signals late: there is no stack to speak of

namespace {

constexpr std::size_t enough = 1024;

stack pcs_of(test::interrupted_walk const& walk) {
  stack pcs;
  for (auto const& frame : walk.frames()) pcs.push_back(frame.pc);
  return pcs;
}

// The return addresses of a call chain, innermost first, as the compiler knows them.
stack chain;

// By value: where the address of a local variable is known, no call is made a jump.
__attribute__((noinline)) void remember(std::uintptr_t address) {
  chain.push_back(address);
}

__attribute__((always_inline)) inline void remember_caller() {
  remember(reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)));
}

// Keeps a call from becoming a jump.
__attribute__((always_inline)) inline void stay() {
  asm volatile("" ::: "memory");
}

using leaf = void (*)();

__attribute__((noinline)) void inner(leaf last) {
  remember_caller();
  last();
  stay();
}

__attribute__((noinline)) void middle(leaf last) {
  inner(last);
  stay();
  remember_caller();
}

__attribute__((noinline)) void outer(leaf last) {
  middle(last);
  stay();
  remember_caller();
}

__attribute__((noinline)) int recurse(int levels) {
  if (levels == 0) std::raise(SIGUSR1);
  auto const below = levels == 0 ? 0 : recurse(levels - 1);
  stay();
  return below + 1;
}

bool holds_in_order(stack const& all, stack const& wanted) {
  return std::search(all.begin(), all.end(), wanted.begin(), wanted.end()) != all.end();
}

stack walk_of(leaf last) {
  chain.clear();
  chain.reserve(8);
  test::interrupted_walk const now{enough};
  outer(last);
  return pcs_of(now);
}

void raise_it() {
  std::raise(SIGUSR1);
  stay();
}

bool has_raised = false;

int compare_and_raise(void const* a, void const* b) {
  if (!has_raised) std::raise(SIGUSR1);
  has_raised = true;
  return *static_cast<int const*>(a) - *static_cast<int const*>(b);
}

void sort_and_raise() {
  std::array<int, 64> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int>((i * 37) % 64);
  has_raised = false;
  std::qsort(values.data(), values.size(), sizeof(int), compare_and_raise);
  stay();
}

// The optimizer makes a jump of the last call. Both remember the same caller.
__attribute__((noinline, optimize("O2"))) int jump_target(int value) {
  remember_caller();
  raise_it();
  return value + 1;
}

__attribute__((noinline, optimize("O2"))) int jump_on(int value) {
  remember_caller();
  return jump_target(value + 1);
}

void call_and_jump() {
  jump_on(1);
  stay();
}

// On a stack of its own.
void handle_and_raise(int /*signal*/) {
  remember_caller();
  raise_it();
  stay();
}

void raise_on_own_stack() {
  std::vector<char> room(64 << 10);
  stack_t own{};
  own.ss_sp = room.data();
  own.ss_size = room.size();
  stack_t before{};
  sigaltstack(&own, &before);
  struct sigaction action {};
  action.sa_handler = handle_and_raise;
  action.sa_flags = SA_ONSTACK;
  struct sigaction former {};
  sigaction(SIGUSR2, &action, &former);
  std::raise(SIGUSR2);
  sigaction(SIGUSR2, &former, nullptr);
  sigaltstack(&before, nullptr);
}

// A one-shot timer ends the wait, which is the leaf that is interrupted.
void wait_in_libc() {
  timer_t timer{};
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGUSR1;
  event._sigev_un._tid = gettid();
  timer_create(CLOCK_MONOTONIC, &event, &timer);
  itimerspec const soon{{}, {0, 20'000'000}};
  timer_settime(timer, 0, &soon, nullptr);
  timespec const long_enough{10, 0};
  nanosleep(&long_enough, nullptr);
  timer_delete(timer);
}

}  // namespace

TEST_CASE("A stack holds the callers in order, innermost first", "[unwind]") {
  auto const all = walk_of(raise_it);

  REQUIRE(chain.size() == 3);
  CHECK(holds_in_order(all, chain));
}

TEST_CASE("A leaf in the C library does not hide its callers", "[unwind]") {
  auto const all = walk_of(wait_in_libc);

  REQUIRE(chain.size() == 3);
  REQUIRE_FALSE(all.empty());
  CHECK(holds_in_order(all, chain));
}

TEST_CASE("A callback out of the C library does not hide who called the library", "[unwind]") {
  auto const all = walk_of(sort_and_raise);

  REQUIRE(chain.size() == 3);
  CHECK(holds_in_order(all, chain));
}

TEST_CASE("A function that was left by a jump is no frame", "[unwind]") {
  auto const all = walk_of(call_and_jump);

  REQUIRE(chain.size() == 5);
  REQUIRE(chain[1] == chain[2]);  // it was a jump
  CHECK(std::count(all.begin(), all.end(), chain[1]) == 1);
  CHECK(holds_in_order(all, {chain[0], chain[3], chain[4]}));
}

TEST_CASE("A handler on a stack of its own does not hide what it interrupted", "[unwind]") {
  chain.clear();
  chain.reserve(8);
  test::interrupted_walk const now{enough};
  outer(raise_on_own_stack);

  auto const all = pcs_of(now);

  REQUIRE(chain.size() == 4);
  auto const trampoline = std::find(all.begin(), all.end(), chain[1]);
  REQUIRE(trampoline != all.end());
  CHECK(holds_in_order({trampoline, all.end()}, {chain[0], chain[2], chain[3]}));
  CHECK(now.result().end == walk_end::outermost);
  CHECK(now.result().probes > 0);
}

TEST_CASE("A stack of another thread is walked there", "[unwind]") {
  stack all;
  std::thread other{[&] { all = walk_of(raise_it); }};
  other.join();

  REQUIRE(chain.size() == 3);
  CHECK(holds_in_order(all, chain));
}

TEST_CASE("A stack that is deeper than there is room loses its outermost frames", "[unwind]") {
  auto const limit = GENERATE(as<std::size_t>{}, 0, 1, 2, 3, 10, 128);
  CAPTURE(limit);
  test::interrupted_walk const now{limit};
  recurse(300);

  auto const all = pcs_of(now);

  CHECK(all.size() == limit);
  CHECK(now.result().end == walk_end::no_room);
  CHECK(std::count(all.begin(), all.end(), 0) == 0);
}

TEST_CASE("A stack that fits exactly is whole", "[unwind]") {
  std::size_t whole = 0;
  {
    test::interrupted_walk const now{enough};
    recurse(10);
    whole = now.frames().size();
    CHECK(now.result().end == walk_end::outermost);
    CHECK(whole > 11);
  }
  auto const missing = GENERATE(as<std::size_t>{}, 0, 1);
  test::interrupted_walk const now{whole - missing};
  recurse(10);

  CHECK(now.result().end == (missing == 0 ? walk_end::outermost : walk_end::no_room));
  CHECK(now.frames().size() == whole - missing);
}

TEST_CASE("The frames of a stack ascend and lie in it", "[unwind]") {
  test::interrupted_walk const now{enough};
  recurse(10);

  auto const frames = now.frames();
  auto const bounds = unwind::own_stack();
  REQUIRE(frames.size() > 11);
  for (auto const& frame : frames) CHECK(bounds.holds(frame.sp));
  for (std::size_t i = 1; i < frames.size(); ++i) CHECK(frames[i].sp > frames[i - 1].sp);
  CHECK(now.result().probes == 0);
}

TEST_CASE("A stack's bounds hold what lies on it", "[unwind]") {
  int const local = 0;

  CHECK(unwind::own_stack().holds(reinterpret_cast<std::uintptr_t>(&local)));
  CHECK_FALSE(unwind::own_stack().holds(reinterpret_cast<std::uintptr_t>(&chain)));
}

#endif
