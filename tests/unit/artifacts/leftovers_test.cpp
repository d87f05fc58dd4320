#include "support/catch.hpp"
#include "support/planted.hpp"
#include "support/stored.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/store.hpp>

#include <filesystem>
#include <string>

namespace fs = std::filesystem;
using namespace loopscope;
using artifacts::store;
using test::plant;

namespace {

// A directory in which an instance has died, or is at work.
struct directory {
  test::temp_dir dir;
  std::string name = test::artifact_name("01230001");
  fs::path part = dir / (".loopscope-" + name + ".part");
  fs::path file = dir / name;

  void check_serves(store& all, std::string const& content) const {
    auto const opened = all.open(name);
    REQUIRE(opened);
    CHECK(test::read_all(opened->file.get()) == content);
    REQUIRE(all.list()->size() == 1);
    CHECK(all.list()->front().size == bytes(content.size()));
    CHECK(all.sweep().count == 1);
  }

  void check_hides(store& all) const {
    CHECK(all.list()->empty());
    CHECK(all.sweep().count == 0);
    CHECK(all.open(name).error() == errc::not_found);
    CHECK(all.remove(name).error() == errc::not_found);
  }
};

}  // namespace

TEST_CASE("A file that has its name, but also its temporary one", "[artifacts]") {
  directory const here;

  SECTION("is an artifact when the next instance starts: its writer died between two calls") {
    plant(here.part, "whole");
    fs::create_hard_link(here.part, here.file);

    store all{{.directory = here.dir.path()}};

    CHECK_FALSE(fs::exists(here.part));
    here.check_serves(all, "whole");
  }

  SECTION("is one of any owner, for nobody needs the other name") {
    store writer{{.directory = here.dir.path()}};
    auto const saved = test::save(writer, "whole");
    fs::create_hard_link(saved.path, here.dir / (".loopscope-" + saved.name + ".part"));
    CHECK(writer.list()->empty());

    store const next{{.directory = here.dir.path()}};

    CHECK(writer.list()->size() == 1);
  }

  SECTION("is hidden until it has only one") {
    store all{{.directory = here.dir.path()}};
    plant(here.part, "whole");
    fs::create_hard_link(here.part, here.file);
    here.check_hides(all);

    fs::remove(here.part);

    here.check_serves(all, "whole");
  }

  SECTION("stays as it is if there is a third") {
    plant(here.part, "whole");
    fs::create_hard_link(here.part, here.file);
    fs::create_hard_link(here.part, here.dir / "victim");

    store all{{.directory = here.dir.path()}};

    CHECK(fs::exists(here.part));
    here.check_hides(all);
  }
}

TEST_CASE("A temporary file with a link from elsewhere is left alone", "[artifacts]") {
  directory const here;
  auto const victim = plant(here.dir / "victim", "precious");
  fs::create_hard_link(victim, here.part);
  auto const has_file = GENERATE(true, false);
  if (has_file) plant(here.file, "artifact");

  store const all{{.directory = here.dir.path()}};

  CHECK(fs::exists(here.part));
  CHECK(fs::exists(here.file) == has_file);
  CHECK(test::read_file(victim) == "precious");
}

TEST_CASE("A name that is reserved for a temporary file", "[artifacts]") {
  directory const here;

  SECTION("is free again when the next instance starts: its writer died") {
    plant(here.part, "whole");
    plant(here.file, "");

    store all{{.directory = here.dir.path()}};

    CHECK_FALSE(fs::exists(here.part));
    CHECK_FALSE(fs::exists(here.file));
    here.check_hides(all);
  }

  SECTION("stays reserved while the writer lives") {
    store writer{{.directory = here.dir.path()}};
    auto const stem = writer.new_stem("cpu");
    REQUIRE(stem);
    auto pending = writer.create(*stem + ".prof");
    REQUIRE(pending);
    auto const reserved = plant(here.dir / (*stem + ".prof"), "");

    store next{{.directory = here.dir.path()}};

    CHECK(fs::exists(reserved));
    CHECK(fs::exists(pending->path()));
    CHECK(next.list()->empty());
    CHECK(writer.list()->empty());
  }

  SECTION("is hidden until the temporary file is renamed over it") {
    store all{{.directory = here.dir.path()}};
    plant(here.part, "whole");
    plant(here.file, "");
    here.check_hides(all);

    fs::rename(here.part, here.file);

    here.check_serves(all, "whole");
  }

  SECTION("does not hide a file that has bytes") {
    store all{{.directory = here.dir.path()}};
    plant(here.part, "another");
    plant(here.file, "whole");

    here.check_serves(all, "whole");
  }
}

TEST_CASE("A temporary file beside a whole artifact goes, the artifact stays", "[artifacts]") {
  directory const here;
  plant(here.part, "another");
  plant(here.file, "whole");

  store all{{.directory = here.dir.path()}};

  CHECK_FALSE(fs::exists(here.part));
  here.check_serves(all, "whole");
}

TEST_CASE("An empty file without a temporary one is an artifact", "[artifacts]") {
  directory const here;
  plant(here.file, "");

  store all{{.directory = here.dir.path()}};

  here.check_serves(all, "");
}
