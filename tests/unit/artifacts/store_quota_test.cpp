#include "support/catch.hpp"
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
using test::try_to_save;

namespace {

std::string content(std::size_t size) {
  return std::string(size, 'x');
}

}  // namespace

TEST_CASE("The quota", "[artifacts]") {
  test::temp_dir const dir;
  auto const oldest = plant(dir / artifact_name("01230003"), content(30), 3min);
  auto const middle = plant(dir / artifact_name("01230002"), content(30), 2min);
  auto const newest = plant(dir / artifact_name("01230001"), content(30), 1min);
  store all{{.directory = dir.path(), .quota = bytes(100)}};

  SECTION("is filled to the last byte") {
    REQUIRE(try_to_save(all, content(10)));

    CHECK(fs::exists(oldest));
    CHECK(all.current_usage().count == 4);
    CHECK(all.current_usage().size == bytes(100));
  }

  SECTION("costs the oldest when one byte is too many") {
    auto const saved = try_to_save(all, content(11));

    REQUIRE(saved);
    CHECK(fs::exists(saved->path));
    CHECK_FALSE(fs::exists(oldest));
    CHECK(fs::exists(middle));
    CHECK(fs::exists(newest));
    CHECK(all.current_usage().count == 3);
    CHECK(all.current_usage().size == bytes(71));
  }

  SECTION("costs as many as it takes, and none more") {
    REQUIRE(try_to_save(all, content(70)));

    CHECK_FALSE(fs::exists(oldest));
    CHECK_FALSE(fs::exists(middle));
    CHECK(fs::exists(newest));
    CHECK(all.current_usage().size == bytes(100));
  }

  SECTION("can go to one artifact alone") {
    REQUIRE(try_to_save(all, content(100)));

    CHECK_FALSE(fs::exists(newest));
    CHECK(all.current_usage().count == 1);
    CHECK(all.current_usage().size == bytes(100));
  }

  SECTION("refuses what is larger than all of it, and evicts nothing for it") {
    auto const saved = try_to_save(all, content(101));

    REQUIRE_FALSE(saved);
    CHECK(saved.error() == errc::quota_exceeded);
    CHECK(all.list()->size() == 3);
    CHECK(all.current_usage().size == bytes(90));
  }

  SECTION("leaves nothing of what it refused") {
    std::size_t entries = 0;
    REQUIRE_FALSE(try_to_save(all, content(101)));

    for ([[maybe_unused]] auto const& each : fs::directory_iterator{dir.path()}) ++entries;
    CHECK(entries == 4);  // three artifacts and the owner's mark
  }

  SECTION("is kept by an empty artifact too") {
    REQUIRE(try_to_save(all, content(10)));
    REQUIRE(try_to_save(all, ""));

    CHECK(fs::exists(oldest));
    CHECK(all.current_usage().count == 5);
  }
}

TEST_CASE("An artifact's age", "[artifacts]") {
  test::temp_dir const dir;
  auto const stale = plant(dir / artifact_name("01230001"), content(30), 61min);
  auto const fresh = plant(dir / artifact_name("01230002"), content(20), 59min);
  store all{{.directory = dir.path(), .quota = bytes(60), .max_age = 1h}};

  SECTION("evicts it when a list is asked for") {
    auto const listed = all.list();

    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().path == fresh);
    CHECK_FALSE(fs::exists(stale));
    CHECK(all.current_usage().size == bytes(20));
  }

  SECTION("evicts it in a sweep") {
    auto const swept = all.sweep();

    CHECK(swept.count == 1);
    CHECK(swept.size == bytes(20));
    CHECK_FALSE(fs::exists(stale));
    CHECK(fs::exists(fresh));
  }

  SECTION("evicts it before the quota is counted") {
    REQUIRE(try_to_save(all, content(40)));

    CHECK_FALSE(fs::exists(stale));
    CHECK(fs::exists(fresh));
    CHECK(all.current_usage().size == bytes(60));
  }
}
