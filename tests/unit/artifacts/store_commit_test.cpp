#include "support/catch.hpp"
#include "support/planted.hpp"
#include "support/stored.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/store.hpp>

#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace fs = std::filesystem;
using namespace loopscope;
using artifacts::pending_artifact;
using artifacts::store;

namespace {

// One capture's files, each with its extension as content, ready to be committed.
std::vector<pending_artifact> write_files(store& to, std::string const& stem) {
  std::vector<pending_artifact> files;
  for (std::string const extension : {"cpuprofile", "folded", "prof"}) {
    auto file = to.create(std::string{stem}.append(1, '.').append(extension));
    REQUIRE(file);
    REQUIRE(file->write(extension));
    files.push_back(std::move(*file));
  }
  return files;
}

constexpr auto all_bytes = bytes(10 + 6 + 4);

}  // namespace

TEST_CASE("The files of one capture", "[artifacts]") {
  test::temp_dir const dir;
  auto const old = test::plant(dir / test::artifact_name("01230001"), "old");
  store all{{.directory = dir.path(), .quota = all_bytes}};
  auto const stem = all.new_stem("cpu");
  REQUIRE(stem);

  SECTION("are published together, in their order, and counted") {
    auto const done = all.commit(write_files(all, *stem));

    REQUIRE(done);
    REQUIRE(done->size() == 3);
    CHECK((*done)[0].name == *stem + ".cpuprofile");
    CHECK((*done)[1].name == *stem + ".folded");
    CHECK((*done)[2].name == *stem + ".prof");
    CHECK((*done)[2].sha256 == test::sha256_text("prof"));
    CHECK(all.current_usage().count == 3);
    CHECK(all.current_usage().size == all_bytes);
    CHECK(all.list()->size() == 3);
  }

  SECTION("make room for all of them at once") {
    REQUIRE(all.commit(write_files(all, *stem)));

    CHECK_FALSE(fs::exists(old));
  }

  SECTION("are refused together when they do not fit together") {
    auto files = write_files(all, *stem);
    REQUIRE(files.front().write("!"));

    auto const done = all.commit(std::move(files));

    REQUIRE_FALSE(done);
    CHECK(done.error() == errc::quota_exceeded);
    CHECK(all.list()->size() == 1);
    CHECK(fs::exists(old));
  }

  SECTION("may be none") {
    auto const done = all.commit({});

    REQUIRE(done);
    CHECK(done->empty());
    CHECK(fs::exists(old));
  }

  SECTION("can be written through their path by another process") {
    auto file = all.create(*stem + ".prof");
    REQUIRE(file);
    test::write_file(file->path(), "by somebody else");

    auto const done = test::commit_one(all, std::move(*file));

    REQUIRE(done);
    CHECK(done->size == bytes(16));
    CHECK(test::read_file(done->path) == "by somebody else");
  }
}

TEST_CASE("The files of one capture are gone together when one cannot have its name",
          "[artifacts]") {
  test::temp_dir const dir;
  store all{{.directory = dir.path()}};
  auto const stem = all.new_stem("cpu");
  REQUIRE(stem);
  test::write_file(dir / (*stem + ".prof"), "taken");

  auto const done = all.commit(write_files(all, *stem));

  REQUIRE_FALSE(done);
  CHECK(done.error() == storage_error(EEXIST));
  CHECK_FALSE(fs::exists(dir / (*stem + ".cpuprofile")));
  CHECK_FALSE(fs::exists(dir / (*stem + ".folded")));
  CHECK(test::read_file(dir / (*stem + ".prof")) == "taken");
  auto const counted = all.current_usage().count;
  CHECK(counted == all.sweep().count);
}
