#include "support/catch.hpp"
#include "support/interrupted_walk.hpp"

#include <algorithm>
#include <cstddef>
#include <ucontext.h>
#include <vector>

#ifndef __SANITIZE_THREAD__  // it delivers signals late: there is no stack to speak of

using namespace loopscope;
using test::interrupted_walk;
using unwind::walk_end;

namespace {

// Adds as many frames as asked for. The return value keeps it from becoming a loop.
// NOLINTNEXTLINE(misc-no-recursion): the depth is what is tested
__attribute__((noinline)) std::size_t recurse(std::size_t frames) {
  if (frames == 0) {
    interrupted_walk::interrupt();
    return 0;
  }
  std::size_t const volatile below = recurse(frames - 1);
  return below + 1;
}

constexpr std::size_t limit = 1024;

}  // namespace

TEST_CASE("A recursion of 1000 frames is whole", "[unwind]") {
  constexpr std::size_t depth = 1000;
  interrupted_walk walk{2048};
  recurse(0);
  auto const base = walk.result().depth;

  recurse(depth);

  CHECK(walk.result().end == walk_end::outermost);
  REQUIRE(walk.result().depth == base + depth);
  auto const frames = walk.frames();
  CHECK(std::is_sorted(frames.begin(), frames.end(),
                       [](auto const& a, auto const& b) { return a.sp < b.sp; }));
}

TEST_CASE("A stack is cut only if it has more frames than there is room for", "[unwind]") {
  auto const [depth, end] = GENERATE(table<std::size_t, walk_end>({
      {limit - 1, walk_end::outermost},
      {limit, walk_end::outermost},
      {limit + 1, walk_end::no_room},
  }));
  CAPTURE(depth);
  interrupted_walk walk{limit};
  recurse(0);
  auto const base = walk.result().depth;

  recurse(depth - base);

  CHECK(walk.result().end == end);
  CHECK(walk.result().depth == std::min(depth, limit));
}

namespace {

ucontext_t main_context;
ucontext_t fiber_context;

void run_fiber() {
  recurse(10);
}

}  // namespace

TEST_CASE("The stack of a context of makecontext ends at its entry", "[unwind]") {
  interrupted_walk walk{256};
  std::vector<std::byte> stack(std::size_t{1} << 16);
  REQUIRE(getcontext(&fiber_context) == 0);
  fiber_context.uc_stack.ss_sp = stack.data();
  fiber_context.uc_stack.ss_size = stack.size();
  fiber_context.uc_link = &main_context;
  makecontext(&fiber_context, run_fiber, 0);

  REQUIRE(swapcontext(&main_context, &fiber_context) == 0);

  CHECK(walk.result().end == walk_end::fiber_entry);
  CHECK(walk.result().depth > 11);
  CHECK(walk.result().depth < 20);
}

#endif
