#include "support/catch.hpp"
#include "support/wire_format.hpp"

#include <loopscope/formats/cpuprofile.hpp>
#include <loopscope/formats/folded.hpp>
#include <loopscope/formats/pprof.hpp>
#include <loopscope/formats/sample_time_impl.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace loopscope;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t start = 5'000 * ms;

// Time by function, in ms.
using times = std::map<std::string, double>;

double sum_of(times const& all) {
  double sum = 0;
  for (auto const& [name, time] : all) sum += time;
  return sum;
}

// At 100 Hz and of `length` ms; every function is a stack of its own.
model::symbolized_profile profile_of(std::vector<std::string> const& functions,
                                     std::uint64_t length) {
  model::symbolized_profile p;
  p.period = 10ms;
  p.start_ns = start;
  p.end_ns = start + length * ms;
  for (std::uint32_t i = 0; i < functions.size(); ++i) {
    p.functions.push_back({functions[i], functions[i], "", 0});
    p.locations.push_back({0x1000 + i, model::code_location::no_module, true, {{i, 0}}});
    p.stacks.push_back({{i}, false});
  }
  return p;
}

void sample(model::symbolized_profile& into, double at_ms, std::uint32_t stack,
            std::uint32_t overruns = 0) {
  into.samples.push_back({start + static_cast<std::uint64_t>(at_ms * ms), stack, 0, overruns});
}

// As Chromium's DevTools, Speedscope and VS Code read it.
times shown_by_viewers(model::symbolized_profile const& profile) {
  std::ostringstream out;
  formats::write_cpuprofile(out, profile);
  auto const written = boost::json::parse(out.str());
  std::map<std::int64_t, std::string> names;
  for (auto const& node : written.at("nodes").as_array())
    names[node.at("id").as_int64()] = node.at("callFrame").at("functionName").as_string();
  auto const& samples = written.at("samples").as_array();
  auto const& deltas = written.at("timeDeltas").as_array();
  auto left = written.at("endTime").as_int64() - written.at("startTime").as_int64();
  times shown;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    left -= deltas[i].as_int64();
    auto const lasts = i + 1 < samples.size() ? deltas[i + 1].as_int64() : left;
    shown[names.at(samples[i].as_int64())] += static_cast<double>(lasts) / 1e3;
  }
  return shown;
}

times in_folded(model::symbolized_profile const& profile) {
  std::ostringstream out;
  formats::write_folded(out, profile);
  std::istringstream lines{out.str()};
  times counted;
  for (std::string line; std::getline(lines, line);) {
    auto const gap = line.rfind(' ');
    counted[line.substr(0, gap)] += 10 * std::stod(line.substr(gap + 1));
  }
  return counted;
}

times in_pprof(model::symbolized_profile const& profile) {
  std::ostringstream out;
  formats::write_pprof(out, profile);
  test::wire_message const written{test::gunzip(out.str())};
  auto const functions = written.messages(5);
  times counted;
  for (auto const& each : written.messages(2)) {
    auto const& name = functions.at(each.packed(1).at(0) - 1);
    counted[written.texts.at(6).at(name.number(2))] +=
        static_cast<double>(each.packed(2).at(1)) / ms;
  }
  return counted;
}

void check_all_formats(model::symbolized_profile const& profile, times const& expected) {
  CHECK(in_pprof(profile) == expected);
  CHECK(in_folded(profile) == expected);
  CHECK(shown_by_viewers(profile) == expected);
}

}  // namespace

TEST_CASE("Each sample has the same time in every format", "[formats]") {
  SECTION("one period, if no tick was lost") {
    auto profile = profile_of({"a", "b"}, 1000);
    for (int i = 0; i < 100; ++i) sample(profile, 5 + 10 * i, i < 30 ? 0 : 1);

    check_all_formats(profile, {{"a", 300}, {"b", 700}});
  }

  SECTION("all of a stop, if it is the first one after it") {
    auto const [at_it, at_next] = GENERATE(table<unsigned, unsigned>({
        {60, 0},
        {0,
         60},  // the thread was stopped after the kernel had counted, and before the clock was read
        {0, 0},
    }));
    CAPTURE(at_it, at_next);
    auto profile = profile_of({"before", "stopped", "after"}, 4000);
    for (int i = 0; i < 100; ++i) sample(profile, 5 + 10 * i, 0);
    sample(profile, 1605, 1, at_it);
    sample(profile, 1615, 2, at_next);
    for (int i = 162; i < 400; ++i) sample(profile, 5 + 10 * i, 2);

    check_all_formats(profile, {{"before", 1000}, {"stopped", 610}, {"after", 2390}});
  }

  SECTION("the beginning, if it is the first") {
    auto profile = profile_of({"late", "after"}, 1000);
    sample(profile, 305, 0, 30);
    for (int i = 31; i < 100; ++i) sample(profile, 5 + 10 * i, 1);

    check_all_formats(profile, {{"late", 310}, {"after", 690}});
  }

  SECTION("the time of samples that found no room before it") {
    auto profile = profile_of({"before", "after"}, 1000);
    for (int i = 0; i < 50; ++i) sample(profile, 5 + 10 * i, 0);
    for (int i = 90; i < 100; ++i) sample(profile, 5 + 10 * i, 1);

    check_all_formats(profile, {{"before", 500}, {"after", 500}});
  }
}

TEST_CASE("The rest of a capture belongs to its last sample", "[formats]") {
  auto profile = profile_of({"before", "last"}, 1000);
  for (int i = 0; i < 30; ++i) sample(profile, 5 + 10 * i, i < 29 ? 0 : 1);

  CHECK(shown_by_viewers(profile) == times{{"before", 290}, {"last", 710}});
  CHECK(in_folded(profile) == times{{"before", 290}, {"last", 700}});
  CHECK(in_pprof(profile) == in_folded(profile));
}

TEST_CASE("A late tick is neither lost nor counted twice", "[formats]") {
  auto profile = profile_of({"a", "b"}, 1000);
  for (int i = 0; i < 100; ++i) sample(profile, 5 + 10 * i + (i % 3 == 1 ? 9.9 : 0), i % 2);

  CHECK(sum_of(in_folded(profile)) == 1000);
  CHECK(sum_of(in_pprof(profile)) == 1000);
  CHECK(sum_of(shown_by_viewers(profile)) == 1000);
}

TEST_CASE("Times that cannot be are no trouble", "[formats]") {
  auto profile = profile_of({"a"}, 0);
  CHECK(formats::periods_of(profile).empty());
  CHECK(formats::begins_of(profile).empty());
  profile.start_ns = 0;
  profile.end_ns = ~std::uint64_t{0};
  profile.samples = {{profile.end_ns - 1, 0, 0, ~std::uint32_t{0}}, {profile.end_ns, 0, 0, 0}};
  profile.period = GENERATE(0ns, 1ns, std::chrono::nanoseconds::max());

  CHECK(formats::periods_of(profile).size() == 2);
  auto const begins = formats::begins_of(profile);
  REQUIRE(begins.size() == 2);
  CHECK(begins[0] == 0);
  CHECK(begins[1] >= profile.end_ns - 1);
}
