#include "support/catch.hpp"
#include "support/fake_clocks.hpp"
#include "support/planted.hpp"
#include "support/stored.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/store.hpp>

#include <chrono>
#include <filesystem>
#include <string>

namespace fs = std::filesystem;
using namespace loopscope;
using namespace std::chrono_literals;
using artifacts::store;
using test::artifact_name;
using test::plant;
using test::save;

namespace {

constexpr auto year = 24h * 365;

struct aging_store {
  test::temp_dir dir;
  test::fake_clocks time;
  fs::path left = plant(dir / artifact_name("01230001"), "0123456789", 30min);
  store all{{.directory = dir.path(), .quota = bytes(30), .max_age = 1h}, time.clocks()};
};

}  // namespace

TEST_CASE("A step of the wall clock", "[artifacts]") {
  aging_store here;
  auto& all = here.all;
  auto const saved = save(all, "0123456789");
  REQUIRE(all.sweep().count == 2);
  auto const step = GENERATE(2h, 24h, 20 * year, -2h, -24h, -20 * year);
  CAPTURE(step.count());
  here.time.wall += step;

  SECTION("evicts nothing") {
    CHECK(all.list()->size() == 2);
    CHECK(all.sweep().count == 2);
    CHECK(save(all, "0123456789").size == bytes(10));
    CHECK(all.list()->size() == 3);
  }

  SECTION("keeps nothing for longer than its age") {
    here.time.pass(31min);
    CHECK(all.list()->size() == 1);
    CHECK_FALSE(fs::exists(here.left));

    here.time.pass(30min);
    CHECK(all.list()->empty());
    CHECK_FALSE(fs::exists(saved.path));
  }

  SECTION("does not change which are the oldest") {
    here.time.pass(1min);
    auto const later = save(all, "0123456789");
    // As if the file system had the new time too.
    fs::last_write_time(later.path, fs::last_write_time(later.path) + step);
    here.time.pass(1min);
    auto const listed = all.list();

    CHECK(listed->front().path == here.left);
    save(all, "0123456789");
    CHECK_FALSE(fs::exists(here.left));
    CHECK(fs::exists(later.path));
  }

  SECTION("leaves the times that are shown") {
    for (auto const& each : *all.list())
      if (each.name == saved.name) CHECK(each.created == saved.created);
  }
}

TEST_CASE("Artifacts of a neighbour that ended after a step are not evicted", "[artifacts]") {
  aging_store here;
  auto const name = [&] {
    store neighbour{{.directory = here.dir.path()}, here.time.clocks()};
    auto saved = save(neighbour, "0123456789");
    here.time.pass(10min);
    CHECK(here.all.list()->size() == 1);
    here.time.wall += GENERATE(year, -year);
    return saved.name;
  }();

  CHECK(here.all.list()->size() == 2);
  CHECK(here.all.open(name));
}

TEST_CASE("An artifact from the future ages from when it is found", "[artifacts]") {
  test::temp_dir const dir;
  test::fake_clocks time;
  auto const path = plant(dir / artifact_name("01230001"), "0123456789", -20 * year);
  store all{{.directory = dir.path(), .max_age = 1h}, time.clocks()};
  REQUIRE(all.sweep().count == 1);

  time.pass(59min);
  CHECK(all.sweep().count == 1);
  time.pass(2min);
  CHECK(all.sweep().count == 0);
  CHECK_FALSE(fs::exists(path));
}
