#include "support/catch.hpp"
#include "support/planted_code.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/base/build_id.hpp>
#include <loopscope/symbols/symbolize.hpp>

#include <dlfcn.h>
#include <filesystem>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;
namespace planted_code = test::planted_code;

namespace {

constexpr std::uint64_t nowhere = 0x10;

// Samples of this very process, one for each stack.
model::raw_cpu_profile capture_of(std::vector<model::call_stack> stacks) {
  model::raw_cpu_profile raw;
  raw.period = 10ms;
  raw.end_ns = 1'000'000;
  raw.executable = std::filesystem::read_symlink("/proc/self/exe").string();
  raw.build_id = executable_build_id();
  raw.maps = test::read_file("/proc/self/maps");
  raw.stacks = std::move(stacks);
  for (std::uint32_t i = 0; i < raw.stacks.size(); ++i) raw.samples.push_back({i, i, 0, 0});
  return raw;
}

// That of libc, not of a sanitizer before it.
std::uint64_t epoll_wait_address() {
  auto* const libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
  auto* const function = dlsym(libc, "epoll_wait");
  dlclose(libc);
  return reinterpret_cast<std::uint64_t>(function);
}

std::vector<std::string> names_of(model::symbolized_profile const& profile, std::size_t stack) {
  std::vector<std::string> names;
  for (auto const at : profile.stacks[stack].locations)
    for (auto const& line : profile.locations[at].lines)
      names.push_back(profile.functions[line.function].name);
  return names;
}

}  // namespace

TEST_CASE("A capture gets names", "[symbols]") {
  auto const call = planted_code::outer();

  SECTION("for where it was, and for the calls that led there, which end one byte earlier") {
    auto const profile = *symbols::symbolize(capture_of({{call - 1, call}}));

    REQUIRE(profile.stacks.size() == 1);
    REQUIRE(profile.stacks[0].locations.size() == 2);
    CHECK(profile.stacks[0].locations[0] == profile.stacks[0].locations[1]);
    CHECK(profile.locations[0].address == call - 1);
    CHECK(names_of(profile, 0).front() == "loopscope::test::planted_code::innermost");
  }

  SECTION("in full, if that is asked for") {
    auto const profile = *symbols::symbolize(capture_of({{call - 1}}), {}, model::name_style::full);

    CHECK(names_of(profile, 0).back() == "loopscope::test::planted_code::outer()");
    CHECK(profile.functions.back().system_name == "_ZN9loopscope4test12planted_code5outerEv");
  }

  SECTION("in tables without repetition") {
    auto const profile = *symbols::symbolize(capture_of({{call - 1}, {call - 1, call}, {call}}));

    CHECK(profile.locations.size() == 2);
    CHECK(profile.functions.size() == 3);
    CHECK(profile.modules.size() == 1);
    CHECK(profile.modules[0].build_id == executable_build_id());
  }

  SECTION("and keeps times, labels and samples") {
    auto raw = capture_of({{call}});
    raw.start_unix_ns = 77;
    raw.labels = {"", "/api/a"};
    raw.samples[0] = {5, 0, 1, 9};
    auto const profile = *symbols::symbolize(raw);

    CHECK(profile.period == raw.period);
    CHECK(profile.end_ns == raw.end_ns);
    CHECK(profile.start_unix_ns == 77);
    CHECK(profile.labels == raw.labels);
    CHECK(profile.samples == raw.samples);
  }

  SECTION("of functions that begin at one line, wherever they were sampled") {
    auto const profile = *symbols::symbolize(capture_of({{call - 1}}));

    for (auto const& function : profile.functions) {
      CAPTURE(function.name);
      CHECK(function.line >= planted_code::innermost_line - 2);
      CHECK(function.line <= planted_code::outer_line);
    }
  }
}

TEST_CASE("A stack is idle if the loop waits in it", "[symbols]") {
  auto const call = planted_code::outer();
  auto const profile = *symbols::symbolize(
      capture_of({{epoll_wait_address() + 1, call}, {call, epoll_wait_address() + 2}, {}}));

  CHECK(profile.stacks[0].idle);
  CHECK_FALSE(profile.stacks[1].idle);
  CHECK_FALSE(profile.stacks[2].idle);
}

TEST_CASE("What starts a program or a thread is left out of its stacks", "[symbols]") {
  auto const call = planted_code::outer();
  auto const libc = epoll_wait_address() + 1;

  SECTION("with a name or without") {
    auto const profile = *symbols::symbolize(capture_of({{call, call, nowhere, libc, nowhere}}));

    CHECK(profile.stacks[0].locations.size() == 2);
    CHECK(model::coverage_of(profile).unresolved == 0);
  }

  SECTION("but not what other code called") {
    auto const profile = *symbols::symbolize(capture_of({{nowhere, libc, call}}));

    CHECK(profile.stacks[0].locations.size() == 3);
    CHECK(model::coverage_of(profile).unresolved == 1);
  }

  SECTION("and not if nothing else is there") {
    auto const profile = *symbols::symbolize(capture_of({{nowhere, libc}, {libc}}));

    CHECK(profile.stacks[0].locations.size() == 2);
    CHECK(profile.stacks[1].locations.size() == 1);
    CHECK(model::coverage_of(profile).unresolved_share() == Approx(1.0 / 3));
  }
}

TEST_CASE("A capture with a broken memory map is refused", "[symbols]") {
  auto raw = capture_of({{}});
  raw.maps = "nonsense";

  CHECK(symbols::symbolize(raw).error() == errc::raw_malformed);
}

TEST_CASE("A stack without its outer frames says so in their place", "[symbols]") {
  auto const call = planted_code::outer();
  auto const libc = epoll_wait_address() + 1;
  auto raw = capture_of({{call - 1}, {call - 1, libc}, {call - 1}, {}});
  raw.stack_ends = {model::stack_end::whole, model::stack_end::cut, model::stack_end::broken,
                    model::stack_end::broken};
  auto const profile = *symbols::symbolize(raw);

  CHECK(profile.stacks[0].locations.size() == 1);
  CHECK(profile.stacks[1].locations.size() == 3);
  CHECK(names_of(profile, 1).back() == "[stack cut]");
  CHECK(names_of(profile, 2).back() == "[broken stack]");
  CHECK(names_of(profile, 3) == std::vector<std::string>{"[broken stack]"});
  CHECK(profile.stacks[2].locations.back() == profile.stacks[3].locations.back());
  CHECK(model::coverage_of(profile).unresolved == 0);
}
