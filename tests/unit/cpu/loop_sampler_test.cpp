#include "support/catch.hpp"
#include "support/in_child.hpp"
#include "support/tick.hpp"

#include <loopscope/base/work_label.hpp>
#include <loopscope/cpu/loop_sampler.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

using namespace loopscope;
using namespace std::chrono_literals;
using cpu::loop_sampler;
using test::in_child;
using test::tick;

namespace {

void spin_for(std::chrono::milliseconds time) {
  auto const end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

// Ticks at the bottom of so many calls.
__attribute__((noinline)) int tick_below(int levels) {
  if (levels == 0) {
    tick();
    return 0;
  }
  auto const below = tick_below(levels - 1);
  asm volatile("" ::: "memory");  // or the call becomes a jump
  return below + 1;
}

}  // namespace

#ifdef __SANITIZE_THREAD__

TEST_CASE("The sampler does not work under ThreadSanitizer, and says so", "[cpu]") {
  loop_sampler sampler;

  CHECK_FALSE(loop_sampler::available());
  CHECK(sampler.start(100).error() == errc::unsupported);
}

#else

TEST_CASE("The sampler interrupts a busy thread at a steady rate", "[cpu][slow]") {
  constexpr int hz = 500;
  loop_sampler sampler;
  REQUIRE(sampler.start(hz));

  spin_for(300ms);
  auto const profile = sampler.stop();

  CHECK(profile.period == 2ms);
  auto const expected = static_cast<double>(profile.end_ns - profile.start_ns) / 2e6;
  std::uint64_t ticks = 0;
  for (auto const& sample : profile.samples) ticks += 1 + sample.overruns;
  CHECK(static_cast<double>(ticks) >= expected * 0.9);
  CHECK(static_cast<double>(ticks) <= expected + 1);
  CHECK(profile.dropped == 0);
}

TEST_CASE("Samples lie in order of time within the recording", "[cpu]") {
  loop_sampler sampler;
  REQUIRE(test::start_for_ticks(sampler));
  for (int i = 0; i < 100; ++i) tick();
  sampler.drain();
  for (int i = 0; i < 100; ++i) tick();

  auto const profile = sampler.stop();

  REQUIRE(profile.samples.size() >= 200);
  auto const by_time = [](auto const& a, auto const& b) { return a.time_ns < b.time_ns; };
  CHECK(std::is_sorted(profile.samples.begin(), profile.samples.end(), by_time));
  CHECK(profile.samples.front().time_ns >= profile.start_ns);
  CHECK(profile.samples.back().time_ns <= profile.end_ns);
}

TEST_CASE("Equal stacks are kept once", "[cpu]") {
  loop_sampler sampler;
  REQUIRE(test::start_for_ticks(sampler));
  for (int i = 0; i < 100; ++i) tick();

  auto const profile = sampler.stop();

  auto sorted = profile.stacks;
  std::sort(sorted.begin(), sorted.end());
  CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
  CHECK(profile.stacks.size() < 10);
  CHECK(profile.stack_ends == std::vector(profile.stacks.size(), model::stack_end::whole));
  for (auto const& sample : profile.samples) {
    REQUIRE(sample.stack < profile.stacks.size());
    CHECK(profile.stacks[sample.stack].size() > 1);
  }
}

TEST_CASE("A stack that is deeper than the limit is marked as cut", "[cpu]") {
  loop_sampler sampler;
  REQUIRE(test::start_for_ticks(sampler));
  tick_below(900);
  tick_below(1'500);

  auto const profile = sampler.stop();

  REQUIRE(profile.samples.size() == 2);
  auto const deep = profile.samples[0].stack;
  auto const deeper = profile.samples[1].stack;
  CHECK(profile.stacks[deep].size() > 900);
  CHECK(profile.stack_ends[deep] == model::stack_end::whole);
  CHECK(profile.stacks[deeper].size() == 1'024);
  CHECK(profile.stack_ends[deeper] == model::stack_end::cut);
}

TEST_CASE("A sample has the label of the work that it interrupts", "[cpu]") {
  static constexpr std::string_view first = "/first";
  static constexpr std::string_view second = "/second";
  loop_sampler sampler;
  REQUIRE(test::start_for_ticks(sampler));
  {
    work_label_scope const outer{&first};
    tick();
    {
      work_label_scope const inner{&second};
      tick();
    }
    tick();
  }
  tick();

  auto const profile = sampler.stop();

  std::vector<std::string> labels;
  for (auto const& sample : profile.samples) labels.push_back(profile.labels.at(sample.label));
  CHECK(labels == std::vector<std::string>{"/first", "/second", "/first", ""});
  CHECK(profile.labels == std::vector<std::string>{"", "/first", "/second"});
}

TEST_CASE("Ticks that fell together widen a sample and invent none", "[cpu]") {
  loop_sampler sampler;
  REQUIRE(test::start_for_ticks(sampler));
  tick(7);
  tick(0);

  auto const profile = sampler.stop();

  REQUIRE(profile.samples.size() == 2);
  CHECK(profile.samples[0].overruns == 7);
  CHECK(profile.samples[1].overruns == 0);
}

TEST_CASE("What is not drained in time is dropped and counted", "[cpu]") {
  constexpr std::size_t too_many = 30'000;  // of stacks that are deeper than six frames
  loop_sampler sampler;
  REQUIRE(test::start_for_ticks(sampler));
  for (std::size_t i = 0; i < too_many; ++i) tick();

  SECTION("and a drain makes room again") {
    sampler.drain();
    auto const taken = sampler.taken();
    CHECK(taken < too_many);
    tick();

    auto const profile = sampler.stop();
    CHECK(profile.samples.size() > taken);
    CHECK(taken + profile.dropped >= too_many);
    CHECK(taken + profile.dropped <= too_many + 1);  // the timer itself may have ticked
  }

  SECTION("but never by a later recording") {
    std::ignore = sampler.stop();
    REQUIRE(test::start_for_ticks(sampler));
    tick();

    auto const profile = sampler.stop();
    CHECK(profile.samples.size() == 1);
    CHECK(profile.dropped == 0);
  }
}

TEST_CASE("A recording that was not interrupted is empty", "[cpu]") {
  loop_sampler sampler;
  REQUIRE(test::start_for_ticks(sampler));

  auto const profile = sampler.stop();

  CHECK(profile.samples.empty());
  CHECK(profile.stacks.empty());
  CHECK(profile.labels.size() == 1);
  CHECK(profile.end_ns >= profile.start_ns);
}

TEST_CASE("One recording at a time", "[cpu]") {
  loop_sampler sampler;
  CHECK(sampler.taken() == 0);
  sampler.drain();  // nothing runs, nothing happens
  REQUIRE(test::start_for_ticks(sampler));

  CHECK(test::start_for_ticks(sampler).error() == errc::busy);

  std::ignore = sampler.stop();
  CHECK(test::start_for_ticks(sampler).has_value());
  std::ignore = sampler.stop();
}

TEST_CASE("A sampler may be destroyed while it records", "[cpu]") {
  {
    loop_sampler sampler;
    REQUIRE(sampler.start(cpu::max_hz));
  }
  tick();
  SUCCEED("a late tick finds nobody");
}

TEST_CASE("A tick after the end does no harm", "[cpu]") {
  loop_sampler sampler;
  REQUIRE(test::start_for_ticks(sampler));
  std::ignore = sampler.stop();

  for (int i = 0; i < 10; ++i) tick();

  CHECK(sampler.taken() == 0);
  REQUIRE(test::start_for_ticks(sampler));
  CHECK(sampler.stop().samples.empty());
}

TEST_CASE("A rate outside of the bounds is a broken contract", "[cpu]") {
  auto const hz = GENERATE(-1, 0, 1001);
  CAPTURE(hz);

  CHECK(in_child([hz] {
          loop_sampler sampler;
          return sampler.start(hz) ? 1 : 2;
        }) == -SIGABRT);
}

TEST_CASE("The bounds themselves are rates", "[cpu]") {
  auto const hz = GENERATE(as<int>{}, cpu::min_hz, 3, cpu::max_hz);
  loop_sampler sampler;

  CHECK(sampler.start(hz).has_value());
  CHECK(sampler.stop().period == std::chrono::microseconds{1'000'000 / hz});
}

TEST_CASE("Ticks of other timers are not counted", "[cpu]") {
  loop_sampler sampler;
  int other = 0;
  REQUIRE(test::start_for_ticks(sampler));

  tick();
  tick(0, nullptr);
  tick(0, &other);
  tick();

  CHECK(sampler.stop().samples.size() == 2);
}

#endif
