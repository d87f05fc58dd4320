#include "support/catch.hpp"

#include <loopscope/base/build_id.hpp>
#include <loopscope/capture/cpu_verdict.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

using namespace loopscope;
using namespace std::chrono_literals;
using capture::judge;
using Catch::Matchers::StartsWith;
using model::cpu_quality;
using model::verdict;

namespace {

using seconds = cpu_quality::seconds;

// Ten seconds of a loop thread that had all it wanted, at 100 Hz on two CPUs.
cpu_quality flawless() {
  cpu_quality quality;
  quality.samples_expected = 1000;
  quality.samples_taken = 1000;
  quality.measured = 10s;
  quality.loop_cpu = 8s;
  quality.cpus = 2;
  return quality;
}

struct rule {
  std::string_view about;
  std::function<void(cpu_quality&)> flaw;
  verdict expected;
  std::string_view begins;  // the only warning
};

rule at(std::string_view about, verdict expected, std::string_view begins,
        std::function<void(cpu_quality&)> flaw) {
  return {about, std::move(flaw), expected, begins};
}

auto with(seconds cpu_quality::*time, seconds value) {
  return [=](cpu_quality& of) { of.*time = value; };
}

auto with(std::uint64_t cpu_quality::*count, std::uint64_t value) {
  return [=](cpu_quality& of) { of.*count = value; };
}

auto with_samples(std::uint64_t count) {
  return [=](cpu_quality& of) { of.samples_taken = of.samples_expected = count; };
}

auto with_nameless(double share) {
  return [=](cpu_quality& of) {
    of.unresolved_share = share;
    of.unresolved_modules = {{"/opt/plugin.so", share}};
  };
}

}  // namespace

TEST_CASE("A profile with nothing against it", "[capture]") {
  auto const judged = judge(flawless());

  CHECK(judged.verdict == verdict::good);
  CHECK(judged.warnings.empty());
}

TEST_CASE("Up to its border no rule says anything", "[capture]") {
  auto const [about, flaw, expected, begins] = GENERATE(values<rule>({
      at("samples", verdict::good, "", with_samples(50)),
      at("dropped", verdict::good, "",
         [](cpu_quality& of) {
           of.dropped = 9;
           of.samples_taken = 991;
         }),
      at("missed", verdict::good, "", with(&cpu_quality::samples_taken, 951)),
      at("more than expected", verdict::good, "", with(&cpu_quality::samples_taken, 1002)),
      at("run queue", verdict::good, "", with(&cpu_quality::run_queue, 0.49s)),
      at("quota", verdict::good, "", with(&cpu_quality::throttled, 0.09s)),
      at("steal", verdict::good, "", with(&cpu_quality::stolen, 0.99s)),
      at("names", verdict::good, "", with_nameless(0.0099)),
      at("cut", verdict::good, "", with(&cpu_quality::cut_stacks, 9)),
      at("broken", verdict::good, "", with(&cpu_quality::broken_stacks, 9)),
      at("other threads", verdict::good, "", with(&cpu_quality::other_cpu, 7.9s)),
      at("other threads of an idle service", verdict::good, "",
         [](cpu_quality& of) {
           of.loop_cpu = 0.1s;
           of.other_cpu = 0.99s;
         }),
  }));
  CAPTURE(about);
  auto quality = flawless();
  flaw(quality);

  auto const judged = judge(quality);

  CHECK(judged.verdict == expected);
  CHECK(judged.warnings.empty());
}

TEST_CASE("From its border on a rule says what is wrong", "[capture]") {
  auto const [about, flaw, expected, begins] = GENERATE(values<rule>({
      at("samples", verdict::usable, "Only 49 samples were taken", with_samples(49)),
      at("samples", verdict::usable, "Only 10 samples were taken", with_samples(10)),
      at("samples", verdict::misleading, "Only 9 samples were taken", with_samples(9)),
      at("samples", verdict::misleading, "Only 1 sample was taken", with_samples(1)),
      at("dropped", verdict::usable, "1.0 % of the samples found no room",
         [](cpu_quality& of) {
           of.dropped = 10;
           of.samples_taken = 990;
         }),
      at("dropped", verdict::misleading, "10 % of the samples found no room",
         [](cpu_quality& of) {
           of.dropped = 100;
           of.samples_taken = 900;
         }),
      at("missed", verdict::usable, "5.0 % of the samples were not taken",
         with(&cpu_quality::samples_taken, 950)),
      at("missed", verdict::usable, "50 % of the samples were not taken",
         with(&cpu_quality::samples_taken, 501)),
      at("missed", verdict::misleading, "50 % of the samples were not taken",
         with(&cpu_quality::samples_taken, 500)),
      at("run queue", verdict::usable, "The loop thread waited 0.50 s (5.0 %) for a CPU",
         with(&cpu_quality::run_queue, 0.5s)),
      at("run queue", verdict::misleading, "The loop thread waited 2.50 s (25 %) for a CPU",
         with(&cpu_quality::run_queue, 2.5s)),
      at("quota", verdict::usable, "The CPU quota stopped the service for 0.10 s (1.0 %)",
         with(&cpu_quality::throttled, 0.1s)),
      at("quota", verdict::misleading, "The CPU quota stopped the service for 1.00 s (10 %)",
         with(&cpu_quality::throttled, 1s)),
      at("steal", verdict::usable, "Other machines on this host took 5.0 % of the CPU time",
         with(&cpu_quality::stolen, 1s)),
      at("steal", verdict::misleading, "Other machines on this host took 25 % of the CPU time",
         with(&cpu_quality::stolen, 5s)),
      at("names", verdict::usable, "1.0 % of all frames have no name: 1.0 % in /opt/plugin.so.",
         with_nameless(0.01)),
      at("names", verdict::misleading, "20 % of all frames have no name: 20 % in /opt/plugin.so.",
         with_nameless(0.2)),
      at("cut", verdict::usable, "1.0 % of the stacks are deeper",
         with(&cpu_quality::cut_stacks, 10)),
      at("cut", verdict::misleading, "50 % of the stacks are deeper",
         with(&cpu_quality::cut_stacks, 500)),
      at("broken", verdict::usable, "1.0 % of the stacks are broken",
         with(&cpu_quality::broken_stacks, 10)),
      at("broken", verdict::misleading, "10 % of the stacks are broken",
         with(&cpu_quality::broken_stacks, 100)),
      at("other threads", verdict::usable, "50 % of the process' CPU time (8.00 s)",
         with(&cpu_quality::other_cpu, 8s)),
      at("other threads of an idle service", verdict::usable, "91 % of the process' CPU time",
         [](cpu_quality& of) {
           of.loop_cpu = 0.1s;
           of.other_cpu = 1s;
         }),
      at("shutdown", verdict::usable, "A shutdown ended the recording after 10.00 s.",
         [](cpu_quality& of) { of.truncated = true; }),
      at("notes", verdict::usable, "/opt/lab has no debug information",
         [](cpu_quality& of) {
           of.notes = {"/opt/lab has no debug information. Build it with -g."};
         }),
      at("coroutines", verdict::usable, "Coroutines that wait are missing from the stacks",
         [](cpu_quality& of) { of.async_stacks = false; }),
      at("changed", verdict::usable, "The code of /opt/old.so has no names",
         [](cpu_quality& of) { of.changed_modules = {"/opt/old.so"}; }),
  }));
  CAPTURE(about);
  auto quality = flawless();
  flaw(quality);

  auto const judged = judge(quality);

  CHECK(judged.verdict == expected);
  REQUIRE(judged.warnings.size() == 1);
  CHECK_THAT(judged.warnings.front(), StartsWith(std::string{begins}));
  // A remedy follows.
  CHECK_THAT(judged.warnings.front(), test::ContainsSubstring(". "));
}

TEST_CASE("Several flaws of a profile", "[capture]") {
  auto quality = flawless();

  SECTION("are each named, and the worst is the verdict") {
    quality.run_queue = 3s;
    quality.broken_stacks = 20;

    auto const judged = judge(quality);

    CHECK(judged.verdict == verdict::misleading);
    REQUIRE(judged.warnings.size() == 2);
    CHECK_THAT(judged.warnings[0], test::ContainsSubstring("for a CPU"));
    CHECK_THAT(judged.warnings[1], test::ContainsSubstring("broken"));
  }

  SECTION("are named once if one explains the other") {
    quality.run_queue = 0.6s;
    quality.samples_taken = 500;

    auto const judged = judge(quality);

    CHECK(judged.verdict == verdict::misleading);
    REQUIRE(judged.warnings.size() == 1);
    CHECK_THAT(judged.warnings[0], StartsWith("The loop thread waited"));
  }

  SECTION("list the three files with most frames without a name, and count all") {
    quality.unresolved_share = 0.1;
    quality.unresolved_modules = {{"/a.so", 0.04}, {"", 0.03}, {"/b.so", 0.02}, {"/c.so", 0.01}};

    auto const judged = judge(quality);

    REQUIRE(judged.warnings.size() == 1);
    CHECK_THAT(judged.warnings[0],
               StartsWith("10 % of all frames have no name: 4.0 % in /a.so, 3.0 % in code that "
                          "belongs to no file, 2.0 % in /b.so."));
  }

  SECTION("have no remedy for code that no file has") {
    quality.unresolved_share = 0.1;
    quality.unresolved_modules = {{"", 0.1}};

    auto const judged = judge(quality);

    REQUIRE(judged.warnings.size() == 1);
    CHECK_THAT(judged.warnings[0], test::ContainsSubstring("made it at run time"));
  }

  SECTION("mislead if a changed file has most of the frames") {
    quality.unresolved_share = 0.2;
    quality.changed_modules = {"/opt/old.so"};

    CHECK(judge(quality).verdict == verdict::misleading);
  }
}

TEST_CASE("The quality of a CPU profile in a response", "[capture]") {
  auto quality = flawless();
  quality.samples_expected = 625;
  quality.samples_taken = 600;
  quality.dropped = 3;
  quality.overruns = 22;
  quality.cut_stacks = 4;
  quality.broken_stacks = 5;
  quality.unresolved_share = 0.125;
  quality.throttled = 1.5s;
  quality.stolen = 0.5s;
  quality.other_cpu = 0.25s;
  quality.run_queue = 0.75s;
  quality.truncated = true;

  auto const shown =
      capture::to_json(quality, {verdict::usable, {"It is short. Take a longer one."}});

  boost::json::object const expected{{"verdict", "usable"},
                                     {"warnings", {"It is short. Take a longer one."}},
                                     {"samplesExpected", 625},
                                     {"samplesTaken", 600},
                                     {"dropped", 3},
                                     {"overruns", 22},
                                     {"cutStacks", 4},
                                     {"brokenStacks", 5},
                                     {"unresolvedShare", 0.125},
                                     {"measuredSeconds", 10.},
                                     {"loopCpuSeconds", 8.},
                                     {"otherCpuSeconds", 0.25},
                                     {"runQueueSeconds", 0.75},
                                     {"throttledSeconds", 1.5},
                                     {"stealSeconds", 0.5},
                                     {"cpus", 2},
                                     {"truncated", true},
                                     {"buildId", executable_build_id()}};
  CHECK(shown == expected);
}
