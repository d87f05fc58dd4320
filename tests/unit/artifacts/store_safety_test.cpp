#include "support/catch.hpp"
#include "support/planted.hpp"
#include "support/stored.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/name.hpp>
#include <loopscope/artifacts/store.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace loopscope;
using namespace std::chrono_literals;
using artifacts::store;
using test::artifact_name;
using test::plant;
using test::save;
using test::try_to_save;

namespace {

auto const planted_name = artifact_name("01230001");

// Each puts something at `path` that is not an artifact, although its name is one.
struct planting {
  std::string what;
  std::function<void(fs::path const& path, fs::path const& victim)> put;
};

void give_away(fs::path const& path) {
  test::write_file(path, "of another user");
  REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
}

std::vector<planting> plantings() {
  std::vector<planting> all{
      {"symbolic link", [](auto& path, auto& victim) { fs::create_symlink(victim, path); }},
      {"link to nowhere", [](auto& path, auto&) { fs::create_symlink("nowhere", path); }},
      {"hard link", [](auto& path, auto& victim) { fs::create_hard_link(victim, path); }},
      {"fifo", [](auto& path, auto&) { REQUIRE(mkfifo(path.c_str(), 0600) == 0); }},
      {"directory", [](auto& path, auto&) { fs::create_directory(path); }},
  };
  if (geteuid() == 0) all.push_back({"another user's", [](auto& path, auto&) { give_away(path); }});
  return all;
}

}  // namespace

TEST_CASE("What only looks like an artifact", "[artifacts]") {
  test::temp_dir const elsewhere;
  auto const victim = elsewhere / "victim";
  test::write_file(victim, "precious");
  test::temp_dir const dir;
  auto const path = dir / planted_name;
  auto const planted = GENERATE(from_range(plantings()));
  CAPTURE(planted.what);
  planted.put(path, victim);
  // Everything would be too old, and nearly everything too large, if it counted.
  store all{{.directory = dir.path(), .quota = bytes(10), .max_age = 1ms}};

  SECTION("is neither served nor removed") {
    CHECK(all.open(planted_name).error() == errc::not_found);
    CHECK(all.remove(planted_name).error() == errc::not_found);
    CHECK(fs::exists(fs::symlink_status(path)));
  }

  SECTION("is neither listed nor counted") {
    CHECK(all.list()->empty());
    CHECK(all.sweep().count == 0);
    CHECK(all.sweep().size == bytes(0));
  }

  SECTION("is not evicted, and takes no part in the quota") {
    CHECK(try_to_save(all, "0123456789"));
    CHECK(fs::exists(fs::symlink_status(path)));
  }

  SECTION("is not written through") {
    auto pending = all.create(planted_name);
    REQUIRE(pending);
    REQUIRE(pending->write("new"));

    CHECK_FALSE(test::commit_one(all, std::move(*pending)));
    CHECK(test::read_file(victim) == "precious");
  }
}

TEST_CASE("Other files in the directory of a store", "[artifacts]") {
  test::temp_dir const dir;
  auto const name = GENERATE(as<std::string>{}, "notes.txt", "cpu.prof", ".loopscope-notes.part",
                             "cpu-2026-01-02T03-04-05.678Z-0123ABCD.prof", "prof-0123abcd.prof");
  CAPTURE(name);
  auto const path = plant(dir / name, "mine, and larger than the quota", 1h);
  store all{{.directory = dir.path(), .quota = bytes(10), .max_age = 1min}};

  SECTION("are not served, listed or counted") {
    CHECK(all.open(name).error() == errc::not_found);
    CHECK(all.list()->empty());
    CHECK(all.sweep().count == 0);
  }

  SECTION("are never removed") {
    CHECK(all.remove(name).error() == errc::not_found);
    CHECK(try_to_save(all, "0123456789"));
    CHECK(fs::exists(path));
  }
}

TEST_CASE("A name that leads out of the directory is not found", "[artifacts]") {
  test::temp_dir const dir;
  fs::create_directory(dir / "in");
  plant(dir / planted_name, "outside");
  store all{{.directory = dir / "in"}};
  auto const name = GENERATE_REF(as<std::string>{}, "../" + planted_name,
                                 (dir / planted_name).string(), "./" + planted_name);
  CAPTURE(name);

  CHECK(all.open(name).error() == errc::not_found);
  CHECK(all.remove(name).error() == errc::not_found);
  CHECK(fs::exists(dir / planted_name));
}

TEST_CASE("Another live instance in the same directory", "[artifacts]") {
  test::temp_dir const dir;
  store other{{.directory = dir.path()}};
  auto const others = save(other, "0123456789");
  test::set_age(others.path, 1h);
  store all{{.directory = dir.path(), .quota = bytes(10), .max_age = 1min}};

  SECTION("keeps its artifacts to itself") {
    CHECK(all.open(others.name).error() == errc::not_found);
    CHECK(all.list()->empty());
    CHECK(all.sweep().count == 0);
  }

  SECTION("loses none to our quota, our age or our hand") {
    CHECK(try_to_save(all, "0123456789"));
    CHECK(all.remove(others.name).error() == errc::not_found);
    CHECK(fs::exists(others.path));
    CHECK(other.open(others.name));
  }

  SECTION("keeps the file that it is writing") {
    auto const stem = other.new_stem("cpu");
    REQUIRE(stem);
    auto pending = other.create(*stem + ".prof");
    REQUIRE(pending);

    store const next{{.directory = dir.path()}};

    CHECK(test::commit_one(other, std::move(*pending)));
  }
}

TEST_CASE("What an instance leaves", "[artifacts]") {
  test::temp_dir const dir;

  SECTION("is found again by the next one") {
    auto const name = save(*std::make_unique<store>(artifacts::settings{dir.path()}), "old").name;
    store next{{.directory = dir.path()}};

    auto const listed = next.list();

    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().name == name);
    CHECK(listed->front().sha256.empty());
    CHECK(next.digest(*next.open(name)) == test::sha256_text("old"));
    CHECK(next.list()->front().sha256 == test::sha256_text("old"));
    CHECK(test::read_all(next.open(name)->file.get()) == "old");
    CHECK(next.remove(name));
  }

  SECTION("has no mark among it, if it ended in order") {
    { store const ended{{.directory = dir.path()}}; }

    CHECK(fs::is_empty(dir.path()));
  }

  SECTION("is cleared of what it was writing when it died") {
    auto const half = dir / (".loopscope-" + planted_name + ".part");
    plant(half, "half");

    store const next{{.directory = dir.path()}};

    CHECK_FALSE(fs::exists(half));
  }

  SECTION("is cleared of a link by its name, but not of what the link names") {
    auto const victim = dir / "victim";
    test::write_file(victim, "precious");
    fs::create_symlink(victim, dir / (".loopscope-" + planted_name + ".part"));

    store const next{{.directory = dir.path()}};

    CHECK(test::read_file(victim) == "precious");
  }
}
