#include "support/catch.hpp"

#include <loopscope/unwind/map_publisher.hpp>
#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/table_walker.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <span>
#include <thread>
#include <time.h>
#include <ucontext.h>
#include <vector>

using namespace loopscope;
using unwind::walk_end;
using stack = std::vector<std::uint64_t>;

#ifndef __SANITIZE_THREAD__  // it delivers signals late: there is no stack to speak of

namespace {

// What the handler works with: it takes no arguments of ours.
unwind::unwind_map const* map = nullptr;
unwind::address_range bounds;
std::array<unwind::stack_frame, 1024> seen{};
std::size_t room = seen.size();
unwind::walk_result walked;
volatile std::size_t depth = 0;

void on_signal(int, siginfo_t*, void* context) {
  walked = unwind::walk_stack(*map, bounds, *static_cast<ucontext_t*>(context),
                              std::span{seen}.first(room));
  depth = walked.depth;
}

// Walks on SIGUSR1 as long as it lives; of the thread that makes it.
class walking {
 public:
  explicit walking(std::size_t limit = seen.size()) {
    map = map_.get();
    bounds = unwind::own_stack();
    room = limit;
    depth = 0;
    struct sigaction action {};
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR1, &action, &before_);
  }
  ~walking() { sigaction(SIGUSR1, &before_, nullptr); }
  walking(walking const&) = delete;
  walking& operator=(walking const&) = delete;

  [[nodiscard]] stack result() const {
    stack pcs;
    for (std::size_t i = 0; i < depth; ++i) pcs.push_back(seen[i].pc);
    return pcs;
  }

 private:
  std::unique_ptr<unwind::unwind_map const> map_ = unwind::unwind_map::make(nullptr);
  struct sigaction before_ {};
};

// The return addresses of a call chain, innermost first, as the compiler knows them.
stack chain;

__attribute__((always_inline)) inline void remember_caller() {
  chain.push_back(reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)));
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
  walking const now;
  outer(last);
  return now.result();
}

void raise_it() {
  std::raise(SIGUSR1);
  stay();
}

int compare_and_raise(void const* a, void const* b) {
  if (depth == 0) std::raise(SIGUSR1);
  return *static_cast<int const*>(a) - *static_cast<int const*>(b);
}

void sort_and_raise() {
  std::array<int, 64> values{};
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int>((i * 37) % 64);
  std::qsort(values.data(), values.size(), sizeof(int), compare_and_raise);
  stay();
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
  walking const now{limit};
  recurse(300);

  auto const all = now.result();

  CHECK(all.size() == limit);
  CHECK(walked.end == walk_end::no_room);
  CHECK(std::count(all.begin(), all.end(), 0) == 0);
}

TEST_CASE("A stack that fits exactly is whole", "[unwind]") {
  std::size_t whole = 0;
  {
    walking const now;
    recurse(10);
    whole = now.result().size();
    CHECK(walked.end == walk_end::outermost);
    CHECK(whole > 11);
  }
  auto const missing = GENERATE(as<std::size_t>{}, 0, 1);
  walking const now{whole - missing};
  recurse(10);

  CHECK(walked.end == (missing == 0 ? walk_end::outermost : walk_end::no_room));
  CHECK(now.result().size() == whole - missing);
}

TEST_CASE("The frames of a stack ascend and lie in it", "[unwind]") {
  walking const now;
  recurse(10);

  REQUIRE(depth > 11);
  for (std::size_t i = 0; i < depth; ++i) CHECK(bounds.holds(seen[i].sp));
  for (std::size_t i = 1; i < depth; ++i) CHECK(seen[i].sp > seen[i - 1].sp);
  CHECK(walked.probes == 0);
}

TEST_CASE("A stack's bounds hold what lies on it", "[unwind]") {
  int const local = 0;

  CHECK(unwind::own_stack().holds(reinterpret_cast<std::uintptr_t>(&local)));
  CHECK_FALSE(unwind::own_stack().holds(reinterpret_cast<std::uintptr_t>(&chain)));
}

#endif
