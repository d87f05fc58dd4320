#include "support/catch.hpp"
#include "support/planted.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/pending_artifact.hpp>

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>

namespace fs = std::filesystem;
using namespace loopscope;
using artifacts::pending_artifact;

namespace {

struct directory {
  test::temp_dir dir;
  std::string name = test::artifact_name("0123abcd");
  fs::path part = dir / (".loopscope-" + name + ".part");
  fs::path published = dir / name;

  [[nodiscard]] result<pending_artifact> create() const {
    return pending_artifact::create(
        file_descriptor{open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)}, dir.path(),
        name);
  }
};

result<void> publish(pending_artifact& pending) {
  if (auto const done = pending.complete(); !done) return done;
  return pending.publish();
}

// Lets no file of the process grow beyond `size`, which is how a full disk looks from inside.
class file_size_limit {
 public:
  explicit file_size_limit(rlim_t size) : handler_{std::signal(SIGXFSZ, SIG_IGN)} {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit const limit{size, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~file_size_limit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  file_size_limit(file_size_limit const&) = delete;
  file_size_limit& operator=(file_size_limit const&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("A pending artifact", "[artifacts]") {
  directory const here;

  SECTION("is a new file of the user alone, under a temporary name") {
    auto const umask_before = umask(0);
    auto const pending = here.create();
    umask(umask_before);
    struct stat info {};

    REQUIRE(pending);
    REQUIRE(lstat(here.part.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    CHECK(pending->name() == here.name);
    CHECK_FALSE(fs::exists(here.published));
  }

  SECTION("gets its name and all of its bytes when it is published") {
    auto pending = here.create();
    REQUIRE(pending);
    REQUIRE(pending->write("one, "));
    REQUIRE(pending->write("two"));

    REQUIRE(publish(*pending));

    CHECK(test::read_file(here.published) == "one, two");
    CHECK_FALSE(fs::exists(here.part));
  }

  SECTION("stays when the object that published it is gone") {
    {
      auto pending = here.create();
      REQUIRE(pending);
      REQUIRE(publish(*pending));
    }

    CHECK(fs::exists(here.published));
  }

  SECTION("is removed unless it is published") {
    {
      auto pending = here.create();
      REQUIRE(pending);
      REQUIRE(pending->write("half of it"));
    }

    CHECK(fs::is_empty(here.dir.path()));
  }

  SECTION("survives being handed on") {
    auto created = here.create();
    REQUIRE(created);
    auto first = std::optional{std::move(*created)};
    auto second = std::move(*first);
    first.reset();

    CHECK(fs::exists(here.part));
    CHECK(publish(second));
  }

  SECTION("never overwrites what has its name") {
    {
      auto pending = here.create();
      REQUIRE(pending);
      REQUIRE(pending->write("new"));
      test::write_file(here.published, "old");

      CHECK(publish(*pending).error() == storage_error(EEXIST));
    }

    CHECK(test::read_file(here.published) == "old");
    CHECK_FALSE(fs::exists(here.part));
  }

  SECTION("does not go through a link at its final name") {
    auto const victim = here.dir / "victim";
    test::write_file(victim, "precious");
    fs::create_symlink(victim, here.published);
    auto pending = here.create();
    REQUIRE(pending);
    REQUIRE(pending->write("new"));

    CHECK_FALSE(publish(*pending));
    CHECK(test::read_file(victim) == "precious");
  }

  SECTION("says when the file system has no room") {
    auto pending = here.create();
    REQUIRE(pending);
    std::optional<result<void>> written;
    {
      file_size_limit const full{4096};
      written = pending->write(std::string(8192, 'x'));
    }

    REQUIRE(written->has_error());
    CHECK(written->error() == storage_error(EFBIG));
  }

  SECTION("cannot be made in a directory that is gone") {
    file_descriptor fd{open(here.dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    fs::remove(here.dir.path());

    auto const pending = pending_artifact::create(std::move(fd), here.dir.path(), here.name);

    REQUIRE_FALSE(pending);
    CHECK(pending.error() == storage_error(ENOENT));
  }
}

TEST_CASE("What lies at the temporary name of an artifact", "[artifacts]") {
  directory const here;
  auto const victim = here.dir / "victim";
  test::write_file(victim, "precious");

  SECTION("is refused and not written through if it is a link") {
    auto const is_symbolic = GENERATE(true, false);
    CAPTURE(is_symbolic);
    if (is_symbolic)
      fs::create_symlink(victim, here.part);
    else
      fs::create_hard_link(victim, here.part);

    auto const pending = here.create();

    REQUIRE_FALSE(pending);
    CHECK(pending.error() == storage_error(EEXIST));
    CHECK(test::read_file(victim) == "precious");
  }

  SECTION("is refused if it is a link to nowhere") {
    fs::create_symlink(here.dir / "new", here.part);

    CHECK_FALSE(here.create());
    CHECK_FALSE(fs::exists(here.dir / "new"));
  }

  SECTION("is refused and kept if it is a file") {
    test::write_file(here.part, "somebody writes here");

    CHECK_FALSE(here.create());
    CHECK(test::read_file(here.part) == "somebody writes here");
  }
}

TEST_CASE("A directory entry is a pending artifact by its name", "[artifacts]") {
  auto const [entry, name] = GENERATE(table<std::string, std::string>({
      {".loopscope-cpu-x.prof.part", "cpu-x.prof"},
      {".loopscope-.part", ""},
      {"loopscope-cpu-x.prof.part", ""},
      {".loopscope-cpu-x.prof", ""},
      {".loopscope-0123.lock", ""},
      {"cpu-x.prof", ""},
      {".part", ""},
      {"", ""},
  }));
  CAPTURE(entry);

  CHECK(pending_artifact::final_name(entry) == name);
}
