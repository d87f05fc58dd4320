#include "support/catch.hpp"

#include <loopscope/capture/heap_verdict.hpp>

#include <functional>
#include <string>
#include <string_view>

using namespace loopscope;
using Catch::Matchers::StartsWith;
using model::heap_quality;
using model::verdict;

namespace {

heap_quality flawless() {
  heap_quality quality;
  quality.objects = 1000;
  quality.tracked_bytes = 100'000;
  quality.allocated_bytes = 105'000;
  quality.scanned_bytes = 100'000;
  quality.untyped_share = 0.3;
  return quality;
}

struct rule {
  std::string_view about;
  std::function<void(heap_quality&)> flaw;
  verdict expected;
  std::string_view begins;  // the only warning; empty: none
};

}  // namespace

TEST_CASE("The verdict on a heap capture is that of the worst figure", "[capture]") {
  auto const each = GENERATE(values<rule>({
      {"nothing", [](heap_quality&) {}, verdict::good, ""},
      {"80 % tracked", [](heap_quality& q) { q.allocated_bytes = 125'000; }, verdict::good, ""},
      {"less than 80 %", [](heap_quality& q) { q.allocated_bytes = 125'001; }, verdict::usable,
       "Only 80 % of the allocated bytes are tracked"},
      {"40 % tracked", [](heap_quality& q) { q.allocated_bytes = 250'000; }, verdict::usable,
       "Only 40 %"},
      {"less than 40 %", [](heap_quality& q) { q.allocated_bytes = 250'001; }, verdict::misleading,
       "Only 40 %"},
      {"no allocator's figure", [](heap_quality& q) { q.allocated_bytes = 0; }, verdict::good, ""},
      {"one object lost", [](heap_quality& q) { q.lost = 1; }, verdict::usable,
       "1 objects are missing"},
      {"a tenth lost", [](heap_quality& q) { q.lost = 112; }, verdict::misleading,
       "112 objects are missing"},
      {"99.9 % scanned", [](heap_quality& q) { q.scanned_bytes = 99'900; }, verdict::good, ""},
      {"less than 99.9 %", [](heap_quality& q) { q.scanned_bytes = 99'899; }, verdict::usable,
       "0.1 % of the objects' bytes could not be read"},
      {"less than 90 %", [](heap_quality& q) { q.scanned_bytes = 89'999; }, verdict::misleading,
       "10 % of the objects' bytes"},
      {"three quarters untyped", [](heap_quality& q) { q.untyped_share = 0.75; }, verdict::good,
       ""},
      {"more untyped", [](heap_quality& q) { q.untyped_share = 0.76; }, verdict::usable,
       "76 % of the objects have no type"},
      {"4.9 % unresolved", [](heap_quality& q) { q.unresolved_share = 0.049; }, verdict::good, ""},
      {"5 % unresolved", [](heap_quality& q) { q.unresolved_share = 0.05; }, verdict::usable,
       "5.0 % of all frames"},
      {"half unresolved", [](heap_quality& q) { q.unresolved_share = 0.5; }, verdict::misleading,
       "50 % of all frames"},
      {"a changed file", [](heap_quality& q) { q.changed_modules = {"/srv/lib.so"}; },
       verdict::usable, "The code of /srv/lib.so has no names"},
      {"a note", [](heap_quality& q) { q.notes = {"x lacks y."}; }, verdict::usable, "x lacks y."},
  }));
  CAPTURE(each.about);
  auto quality = flawless();
  each.flaw(quality);

  auto const judged = capture::judge(quality);

  CHECK(judged.verdict == each.expected);
  REQUIRE(judged.warnings.size() == (each.begins.empty() ? 0 : 1));
  if (!each.begins.empty())
    CHECK_THAT(judged.warnings.front(), StartsWith(std::string{each.begins}));
}

TEST_CASE("The verdict on samples is by their number", "[capture]") {
  auto const [samples, expected] = GENERATE(table<std::uint64_t, verdict>({
      {50, verdict::good},
      {49, verdict::usable},
      {10, verdict::usable},
      {9, verdict::misleading},
  }));
  CAPTURE(samples);
  heap_quality quality;
  quality.sampled = true;
  quality.samples = samples;
  quality.tracked_bytes = 10;
  quality.allocated_bytes = 1000;

  CHECK(capture::judge(quality).verdict == expected);
}

TEST_CASE("The quality of a heap capture is told with its units", "[capture]") {
  auto quality = flawless();
  quality.pause = std::chrono::microseconds{1500};
  quality.scanned_bytes = 99'950;

  auto const json = capture::to_json(quality, capture::judge(quality));

  CHECK(json.at("verdict") == "good");
  CHECK(json.at("warnings").as_array().empty());
  CHECK(json.at("tracking") == "exact");
  CHECK(json.at("pauseMs") == 1.5);
  CHECK(json.at("scanCoverage") == 0.9995);
  CHECK(json.at("trackedBytes") == 100'000);
}
