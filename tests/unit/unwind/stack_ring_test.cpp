#include "support/catch.hpp"

#include <loopscope/unwind/stack_ring.hpp>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

using namespace loopscope;
using unwind::stack_ring;
using unwind::stack_sample;

namespace {

// Pushes a sample of this time, if there is room.
void push(stack_ring& ring, std::uint64_t time_ns) {
  auto* const slot = ring.begin_push();
  if (!slot) return;
  slot->time_ns = time_ns;
  slot->depth = 1;
  slot->pcs[0] = time_ns + 1;
  ring.end_push();
}

std::vector<std::uint64_t> drained(stack_ring& ring) {
  std::vector<std::uint64_t> times;
  ring.drain([&](stack_sample const& sample) {
    CHECK(sample.pcs[0] == sample.time_ns + 1);
    times.push_back(sample.time_ns);
  });
  return times;
}

}  // namespace

TEST_CASE("A ring of stacks", "[unwind]") {
  stack_ring ring;

  SECTION("hands on what was pushed, in order, once") {
    for (std::uint64_t time = 0; time < 5; ++time) push(ring, time);

    CHECK(drained(ring) == std::vector<std::uint64_t>{0, 1, 2, 3, 4});
    CHECK(drained(ring).empty());
  }

  SECTION("hands on nothing that is not complete") {
    REQUIRE(ring.begin_push());

    CHECK(drained(ring).empty());
  }

  SECTION("takes as many as it holds, and counts the others") {
    for (std::uint64_t time = 0; time < stack_ring::capacity; ++time) push(ring, time);
    CHECK(ring.dropped() == 0);
    push(ring, 1);
    push(ring, 2);

    CHECK(ring.dropped() == 2);
    CHECK(drained(ring).size() == stack_ring::capacity);
    push(ring, 3);
    CHECK(drained(ring) == std::vector<std::uint64_t>{3});
    CHECK(ring.dropped() == 2);
  }
}

TEST_CASE("A ring of stacks is drained while it is filled", "[unwind]") {
  constexpr std::uint64_t count = 20'000;
  stack_ring ring;
  std::thread producer{[&] {
    for (std::uint64_t time = 0; time < count; ++time) push(ring, time);
  }};

  std::vector<std::uint64_t> seen;
  while (seen.size() + ring.dropped() < count)
    for (auto const time : drained(ring)) seen.push_back(time);
  producer.join();

  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}
