#include "support/catch.hpp"

#include <loopscope/unwind/stack_ring.hpp>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

using namespace loopscope;
using unwind::stack_ring;
using unwind::stack_sample;
using stack = std::vector<std::uint64_t>;

namespace {

// A stack that tells the time, so that a mixture of two samples shows.
stack stack_at(std::uint64_t time_ns, std::size_t depth) {
  stack pcs(depth);
  for (std::size_t i = 0; i < depth; ++i) pcs[i] = time_ns + i;
  return pcs;
}

void push(stack_ring& ring, std::uint64_t time_ns, std::size_t depth = 1) {
  auto const pcs = stack_at(time_ns, depth);
  ring.push({time_ns, nullptr, 0, unwind::walk_end::outermost, pcs});
}

stack drained(stack_ring& ring) {
  stack times;
  ring.drain([&](stack_sample const& sample) {
    if (!std::ranges::equal(sample.pcs, stack_at(sample.time_ns, sample.pcs.size())))
      FAIL_CHECK("a stack of another time");
    times.push_back(sample.time_ns);
  });
  return times;
}

}  // namespace

TEST_CASE("A ring of stacks", "[unwind]") {
  stack_ring ring;

  SECTION("hands on what was pushed, in order, once") {
    for (std::uint64_t time = 0; time < 5; ++time) push(ring, time, time);

    CHECK(drained(ring) == stack{0, 1, 2, 3, 4});
    CHECK(drained(ring).empty());
  }

  SECTION("keeps all of a sample") {
    static constexpr std::string_view label = "/route";
    stack const pcs{7, 8, 9};
    ring.push({123, &label, 4, unwind::walk_end::bad_cfa, pcs});

    int count = 0;
    ring.drain([&](stack_sample const& sample) {
      ++count;
      CHECK(sample.time_ns == 123);
      CHECK(sample.label == &label);
      CHECK(sample.overruns == 4);
      CHECK(sample.end == unwind::walk_end::bad_cfa);
      CHECK(std::ranges::equal(sample.pcs, pcs));
    });
    CHECK(count == 1);
  }

  SECTION("takes as much as it holds, and counts the others") {
    constexpr std::size_t depth = 125;  // samples of 128 words fill it to the last one
    constexpr auto room = stack_ring::capacity / stack_ring::size_of(depth);
    static_assert(stack_ring::capacity % stack_ring::size_of(depth) == 0);
    for (std::uint64_t time = 0; time < room; ++time) push(ring, time, depth);
    CHECK(ring.dropped() == 0);
    push(ring, 1, 0);
    push(ring, 2, 0);

    CHECK(ring.dropped() == 2);
    CHECK(drained(ring).size() == room);
    push(ring, 3);
    CHECK(drained(ring) == stack{3});
    CHECK(ring.dropped() == 2);
  }

  SECTION("holds a stack of any depth across its end") {
    constexpr auto rounds = 3 * stack_ring::capacity / unwind::max_depth;
    for (std::uint64_t time = 0; time < rounds; ++time) {
      push(ring, time, unwind::max_depth - time % 7);
      CHECK(drained(ring) == stack{time});
    }
    CHECK(ring.dropped() == 0);
  }
}

TEST_CASE("A ring of stacks is drained while it is filled", "[unwind]") {
  constexpr std::uint64_t count = 20'000;
  stack_ring ring;
  std::thread producer{[&] {
    for (std::uint64_t time = 0; time < count; ++time) push(ring, time, time % 100);
  }};

  stack seen;
  while (seen.size() + ring.dropped() < count)
    for (auto const time : drained(ring)) seen.push_back(time);
  producer.join();

  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}
