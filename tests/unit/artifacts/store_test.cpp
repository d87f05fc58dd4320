#include "support/catch.hpp"
#include "support/planted.hpp"
#include "support/stored.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/name.hpp>
#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/digest.hpp>

#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace loopscope;
using namespace std::chrono_literals;
using artifacts::store;
using test::save;
using test::sha256_text;

TEST_CASE("A committed artifact", "[artifacts]") {
  test::temp_dir const dir;
  store all{{.directory = dir.path()}};
  auto const before = std::chrono::system_clock::now();

  auto const saved = save(all, "sampled");

  SECTION("is described as it is") {
    auto const name = artifacts::parse_name(saved.name);

    REQUIRE(name);
    CHECK(saved.path == dir / saved.name);
    CHECK(saved.size == bytes(7));
    CHECK(saved.sha256 == sha256_text("sampled"));
    CHECK(saved.kind == "cpu");
    CHECK(saved.capture_id == name->capture_id);
    // The kernel stamps files with its own, coarser clock.
    CHECK(saved.created >= before - 1s);
    CHECK(saved.created <= std::chrono::system_clock::now());
  }

  SECTION("lies in the directory under its name") {
    CHECK(test::read_file(saved.path) == "sampled");
  }

  SECTION("is listed") {
    auto const listed = all.list();

    REQUIRE(listed);
    REQUIRE(listed->size() == 1);
    CHECK(listed->front().name == saved.name);
    CHECK(listed->front().path == saved.path);
    CHECK(listed->front().size == saved.size);
    CHECK(listed->front().sha256 == saved.sha256);
    CHECK(listed->front().created == saved.created);
  }

  SECTION("opens for reading") {
    auto const opened = all.open(saved.name);

    REQUIRE(opened);
    CHECK(opened->about.sha256 == saved.sha256);
    CHECK(test::read_all(opened->file.get()) == "sampled");
  }

  SECTION("can be read to its end after it was removed") {
    auto const opened = all.open(saved.name);
    REQUIRE(opened);

    REQUIRE(all.remove(saved.name));

    CHECK(test::read_all(opened->file.get()) == "sampled");
  }

  SECTION("is gone once it is removed") {
    REQUIRE(all.remove(saved.name));

    CHECK_FALSE(fs::exists(saved.path));
    CHECK(all.list()->empty());
    CHECK(all.open(saved.name).error() == errc::not_found);
    CHECK(all.remove(saved.name).error() == errc::not_found);
  }
}

TEST_CASE("Every artifact", "[artifacts]") {
  test::temp_dir const dir;
  store all{{.directory = dir.path()}};

  SECTION("is listed, the oldest first") {
    auto const b = save(all, "b");
    auto const a = save(all, "a");
    auto const c = save(all, "c");
    test::set_age(a.path, 3min);
    test::set_age(b.path, 2min);
    test::set_age(c.path, 1min);

    auto const listed = all.list();

    REQUIRE(listed);
    REQUIRE(listed->size() == 3);
    CHECK((*listed)[0].name == a.name);
    CHECK((*listed)[1].name == b.name);
    CHECK((*listed)[2].name == c.name);
  }

  SECTION("has a stem that shows its owner, and no other") {
    auto const one = all.new_stem("heap");
    auto const two = all.new_stem("heap");

    REQUIRE(one);
    REQUIRE(two);
    auto const first = *one + ".heap";
    auto const second = *two + ".heap";
    CHECK(*one != *two);
    CHECK(artifacts::parse_name(first)->owner() == artifacts::parse_name(second)->owner());
    CHECK(fs::exists(
        dir / (".loopscope-" + std::string{artifacts::parse_name(first)->owner()} + ".lock")));
  }

  SECTION("of one capture shares its id") {
    auto const stem = all.new_stem("cpu");
    REQUIRE(stem);

    auto const one = save(all, "1", *stem + ".prof");
    auto const two = save(all, "2", *stem + ".folded");

    CHECK(one.capture_id == two.capture_id);
    CHECK(all.list()->size() == 2);
  }

  SECTION("is hidden until it is committed") {
    auto const stem = all.new_stem("cpu");
    REQUIRE(stem);
    auto pending = all.create(*stem + ".prof");
    REQUIRE(pending);
    REQUIRE(pending->write("half"));

    CHECK(all.list()->empty());
    CHECK(all.open(*stem + ".prof").error() == errc::not_found);
    CHECK(all.sweep().count == 0);
  }
}

TEST_CASE("The digest of an artifact", "[artifacts]") {
  test::temp_dir const dir;
  store all{{.directory = dir.path()}};
  auto const saved = save(all, "sampled");

  SECTION("is of all of a file that is longer than what is read at once") {
    auto const text = std::string(200'000, 'a') + std::string(100'000, 'b');

    CHECK(save(all, text).sha256 == sha256_text(text));
  }

  SECTION("is computed anew when the file was changed") {
    auto const [text, age] = GENERATE(table<std::string, std::chrono::milliseconds>({
        {"longer than before", 0ms}, {"SAMPLED", 1min},  // as long, but at another time
    }));
    CAPTURE(text);
    test::write_file(saved.path, text);
    test::set_age(saved.path, age);

    CHECK(all.open(saved.name)->about.sha256.empty());
    CHECK(all.digest(*all.open(saved.name)) == sha256_text(text));
    CHECK(all.open(saved.name)->about.sha256 == sha256_text(text));
    CHECK(all.list()->front().sha256 == sha256_text(text));
    CHECK(all.list()->front().size == bytes(text.size()));
  }

  SECTION("is computed anew when the file was replaced") {
    auto const other = test::plant(dir / "other", "SAMPLED");
    fs::last_write_time(other, fs::last_write_time(saved.path));
    fs::rename(other, saved.path);

    CHECK(all.open(saved.name)->about.sha256.empty());
    CHECK(all.digest(*all.open(saved.name)) == sha256_text("SAMPLED"));
  }
}

TEST_CASE("The usage of a store", "[artifacts]") {
  test::temp_dir const dir;
  test::plant(dir / test::artifact_name("01230001"), std::string(100, 'x'));
  store all{{.directory = dir.path()}};

  SECTION("counts what an earlier instance left from the first sweep on") {
    auto const swept = all.sweep();

    CHECK(swept.count == 1);
    CHECK(swept.size == bytes(100));
    CHECK(all.current_usage().count == 1);
  }

  SECTION("follows what is committed and removed") {
    auto const saved = save(all, "0123456789");
    CHECK(all.current_usage().count == 2);
    CHECK(all.current_usage().size == bytes(110));

    REQUIRE(all.remove(saved.name));
    CHECK(all.current_usage().count == 1);
    CHECK(all.current_usage().size == bytes(100));
  }

  SECTION("does not count what could not be committed") {
    all.sweep();
    auto const stem = all.new_stem("cpu");
    REQUIRE(stem);
    auto pending = all.create(*stem + ".prof");
    REQUIRE(pending);
    test::write_file(dir / (*stem + ".prof"), "somebody was faster");

    CHECK(test::commit_one(all, std::move(*pending)).error() == storage_error(EEXIST));
    CHECK(all.sweep().count == 2);  // the old one and the other's
    CHECK(all.current_usage().size == bytes(100 + 19));
  }

  SECTION("does not count removing what is not there") {
    all.sweep();

    CHECK(all.remove(test::artifact_name("01230002")).error() == errc::not_found);
    CHECK(all.current_usage().count == 1);
  }
}

TEST_CASE("A store over no directory", "[artifacts]") {
  test::temp_dir const dir;
  test::write_file(dir / "file", "");

  auto const name = GENERATE(as<std::string>{}, "missing", "file");
  CAPTURE(name);

  CHECK_THROWS_AS(store({.directory = dir / name}), std::system_error);
}
