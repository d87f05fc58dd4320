#include "support/catch.hpp"
#include "support/stored.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/store.hpp>

#include <cerrno>
#include <filesystem>

namespace fs = std::filesystem;
using namespace loopscope;
using artifacts::store;
using test::save;

TEST_CASE("A directory that vanishes under a store", "[artifacts]") {
  test::temp_dir const dir;
  auto const path = dir / "store";
  fs::create_directory(path);
  store all{{.directory = path}};
  auto const saved = save(all, "sampled");

  SECTION("makes every operation say that there is none") {
    fs::remove_all(path);

    CHECK(all.new_stem("cpu").error() == storage_error(ENOENT));
    CHECK(all.create(saved.name).error() == storage_error(ENOENT));
    CHECK(all.list().error() == storage_error(ENOENT));
    CHECK(all.open(saved.name).error() == storage_error(ENOENT));
    CHECK(all.remove(saved.name).error() == storage_error(ENOENT));
  }

  SECTION("leaves nothing to count") {
    REQUIRE(all.current_usage().count == 1);
    fs::remove_all(path);

    CHECK(all.sweep().count == 0);
    CHECK(all.current_usage().size == bytes(0));
  }

  SECTION("takes what was being written with it") {
    auto const stem = all.new_stem("cpu");
    REQUIRE(stem);
    auto pending = all.create(*stem + ".prof");
    REQUIRE(pending);
    fs::remove_all(path);

    CHECK(test::commit_one(all, std::move(*pending)).error() == storage_error(ENOENT));
  }

  SECTION("is used again when it is back") {
    fs::remove_all(path);
    REQUIRE_FALSE(all.new_stem("cpu"));
    fs::create_directory(path);

    auto const again = save(all, "again");

    CHECK(all.list()->size() == 1);
    CHECK(test::read_all(all.open(again.name)->file.get()) == "again");
    CHECK(all.current_usage().count == 1);
  }

  SECTION("is marked as ours again when it is back") {
    fs::remove_all(path);
    fs::create_directory(path);
    auto const again = save(all, "again");

    store other{{.directory = path}};

    CHECK(other.list()->empty());
    CHECK(other.open(again.name).error() == errc::not_found);
  }

  SECTION("costs the mark, but not the artifacts, when it was only emptied of marks") {
    for (auto const& each : fs::directory_iterator{path})
      if (each.path().extension() == ".lock") fs::remove(each.path());

    auto const again = save(all, "again");

    CHECK(all.list()->size() == 2);
    store other{{.directory = path}};
    CHECK(other.open(again.name).error() == errc::not_found);
  }
}
