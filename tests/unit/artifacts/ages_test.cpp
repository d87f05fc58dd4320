#include "support/catch.hpp"
#include "support/fake_clocks.hpp"

#include <loopscope/artifacts/ages.hpp>

#include <chrono>
#include <limits>
#include <string>

using namespace loopscope;
using namespace std::chrono_literals;
using artifacts::file_ages;
using test::fake_clocks;

namespace {

struct stat modified_at(std::chrono::system_clock::time_point when, ino_t inode = 1) {
  struct stat info {};
  info.st_ino = inode;
  info.st_mtim.tv_sec = std::chrono::floor<std::chrono::seconds>(when.time_since_epoch()).count();
  return info;
}

struct aging {
  fake_clocks time;
  file_ages ages{time.clocks()};

  std::chrono::nanoseconds of(std::string const& name, struct stat const& info) {
    ages.begin();
    auto const age = ages.of(name, info);
    ages.end();
    return age;
  }
};

}  // namespace

TEST_CASE("The age of a file", "[artifacts]") {
  aging here;
  auto const file = modified_at(here.time.wall - 1h);

  SECTION("is at first what its time of modification says") {
    CHECK(here.of("a", file) == 1h);
  }

  SECTION("grows with the uptime alone") {
    here.of("a", file);
    here.time.pass(2h);
    auto const step = GENERATE(std::chrono::hours{0}, 24h * 365, -24h * 365);
    here.time.wall += step;

    CHECK(here.of("a", file) == 3h);
  }

  SECTION("is zero at first if it comes from the future") {
    auto const future = modified_at(here.time.wall + 24h * 3650);

    CHECK(here.of("a", future) == 0h);
    here.time.pass(2h);
    CHECK(here.of("a", future) == 2h);
  }

  SECTION("is zero when it is made, whatever its file system says") {
    here.ages.add_new("a", file);
    here.time.pass(1min);

    CHECK(here.of("a", file) == 1min);
  }

  SECTION("begins anew when it is modified, or replaced by another") {
    here.of("a", file);
    here.time.pass(1h);

    CHECK(here.of("a", modified_at(here.time.wall - 1min)) == 1min);
    CHECK(here.of("a", modified_at(here.time.wall - 5min, 2)) == 5min);
  }

  SECTION("is forgotten with the file") {
    here.of("a", modified_at(here.time.wall + 1h));
    here.time.pass(3h);
    here.of("b", file);

    CHECK(here.of("a", modified_at(here.time.wall - 2h)) == 2h);
  }

  SECTION("can be of a time that the clock cannot count") {
    struct stat odd {};
    odd.st_mtim.tv_sec = GENERATE(std::numeric_limits<time_t>::max(), 253'402'300'799);
    CHECK(here.of("a", odd) == 0h);
    odd.st_mtim.tv_sec = std::numeric_limits<time_t>::min();
    CHECK(here.of("b", odd) > 24h * 365 * 100);
  }
}

TEST_CASE("A file that is first seen after the wall clock was set", "[artifacts]") {
  aging here;
  auto const step = GENERATE(24h * 365, -24h * 365);
  CAPTURE(step.count());
  here.time.pass(10h);
  auto const before = modified_at(here.time.wall - 1h);
  here.time.wall += step;

  SECTION("is never taken for older than it is") {
    auto const after = modified_at(here.time.wall);
    here.ages.begin();
    CHECK(here.ages.of("before", before) <= 1h);
    CHECK(here.ages.of("after", after) == 0h);
    here.ages.end();

    here.time.pass(1h);
    here.ages.begin();

    CHECK(here.ages.of("before", before) <= 2h);
    CHECK(here.ages.of("after", after) == 1h);
  }

  SECTION("ages from then on") {
    auto const first = here.of("before", before);
    here.time.pass(2h);
    CHECK(here.of("before", before) == first + 2h);
  }
}

TEST_CASE("The system's clocks go forward", "[artifacts]") {
  auto const time = artifacts::system_clocks();

  auto const first = time.uptime();

  CHECK(first > 0ns);
  CHECK(time.uptime() >= first);
  CHECK(time.wall().time_since_epoch() > 24h * 365 * 50);
}
