#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/owner_lock.hpp>

#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace loopscope;
using artifacts::owner_lock;

namespace {

struct directory {
  test::temp_dir dir;
  file_descriptor fd = open(dir.path());

  static file_descriptor open(fs::path const& path) {
    return file_descriptor{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  }
  [[nodiscard]] fs::path mark(std::string const& id) const {
    return dir / (".loopscope-" + id + ".lock");
  }
};

}  // namespace

TEST_CASE("Two owners of one directory", "[artifacts]") {
  directory const here;
  owner_lock const one{here.fd.get()};
  owner_lock two{here.fd.get()};

  SECTION("have different ids of four hex digits") {
    CHECK(one.id() != two.id());
    CHECK(one.id().size() == 4);
    CHECK(one.id().find_first_not_of("0123456789abcdef") == std::string::npos);
  }

  SECTION("see each other, and not themselves") {
    CHECK(one.is_held_elsewhere(here.fd.get(), two.id()));
    CHECK(two.is_held_elsewhere(here.fd.get(), one.id()));
    CHECK_FALSE(one.is_held_elsewhere(here.fd.get(), one.id()));
  }

  SECTION("leave each other's marks alone") {
    owner_lock const three{here.fd.get()};

    CHECK(fs::exists(here.mark(one.id())));
    CHECK(fs::exists(here.mark(two.id())));
    CHECK(fs::exists(here.mark(three.id())));
  }

  SECTION("do not see one that was released, whose mark is gone") {
    two.release(here.fd.get());

    CHECK_FALSE(one.is_held_elsewhere(here.fd.get(), two.id()));
    CHECK_FALSE(fs::exists(here.mark(two.id())));
    CHECK_FALSE(two.is_in(here.fd.get()));
  }

  SECTION("do not see an id that nobody took") {
    auto const unused = one.id() == "0000" || two.id() == "0000" ? "0001" : "0000";

    CHECK_FALSE(one.is_held_elsewhere(here.fd.get(), unused));
  }
}

TEST_CASE("An owner that died without a word", "[artifacts]") {
  directory const here;
  owner_lock const witness{here.fd.get()};
  auto const id = owner_lock{here.fd.get()}.id();
  REQUIRE(fs::exists(here.mark(id)));

  SECTION("holds nothing any more") {
    CHECK_FALSE(witness.is_held_elsewhere(here.fd.get(), id));
  }

  SECTION("has its mark removed by the next owner") {
    owner_lock const next{here.fd.get()};

    CHECK(fs::exists(here.mark(next.id())));
    CHECK((next.id() == id || !fs::exists(here.mark(id))));
    CHECK(fs::exists(here.mark(witness.id())));
  }
}

TEST_CASE("An owner's mark", "[artifacts]") {
  directory const here;
  owner_lock lock{here.fd.get()};

  SECTION("lies in its directory, readable by the user alone") {
    struct stat info {};
    REQUIRE(lstat(here.mark(lock.id()).c_str(), &info) == 0);

    CHECK(lock.is_in(here.fd.get()));
    CHECK((info.st_mode & 07777) == 0600);
  }

  SECTION("is missed when the directory was removed and made anew") {
    fs::remove_all(here.dir.path());
    CHECK_FALSE(lock.is_in(here.fd.get()));

    fs::create_directory(here.dir.path());
    auto const again = directory::open(here.dir.path());

    CHECK_FALSE(lock.is_in(again.get()));
  }

  SECTION("is missed, and not removed, when another file took its name") {
    fs::remove(here.mark(lock.id()));
    test::write_file(here.mark(lock.id()), "not ours");

    CHECK_FALSE(lock.is_in(here.fd.get()));
    lock.release(here.fd.get());
    CHECK(fs::exists(here.mark(lock.id())));
  }

  SECTION("cannot be written where no file can be made") {
    auto const gone = here.dir / "gone";
    fs::create_directory(gone);
    auto const fd = directory::open(gone);
    fs::remove(gone);

    CHECK_THROWS_AS(owner_lock{fd.get()}, std::system_error);
  }
}

TEST_CASE("What somebody planted in place of a mark", "[artifacts]") {
  directory const here;
  owner_lock const live{here.fd.get()};
  owner_lock const lock{here.fd.get()};
  auto const planted = here.mark("zzzz");  // no id, so that nothing of ours can meet it

  SECTION("is not followed if it is a symbolic link") {
    fs::create_symlink(here.mark(live.id()), planted);
    owner_lock const next{here.fd.get()};

    CHECK_FALSE(lock.is_held_elsewhere(here.fd.get(), "zzzz"));
    CHECK(fs::is_symlink(planted));
  }

  SECTION("is not taken for a live owner if it is a hard link to one") {
    fs::create_hard_link(here.mark(live.id()), planted);
    owner_lock const next{here.fd.get()};

    CHECK_FALSE(lock.is_held_elsewhere(here.fd.get(), "zzzz"));
    CHECK(fs::exists(planted));
    CHECK(fs::exists(here.mark(live.id())));
  }

  SECTION("is left alone if it is a hard link to a file from elsewhere") {
    auto const victim = here.dir / "victim";
    test::write_file(victim, "precious");
    fs::create_hard_link(victim, planted);
    owner_lock const next{here.fd.get()};

    CHECK(fs::exists(planted));
    CHECK(test::read_file(victim) == "precious");
  }

  SECTION("neither blocks nor counts if it is a fifo or a directory") {
    auto const is_fifo = GENERATE(true, false);
    CAPTURE(is_fifo);
    if (is_fifo)
      REQUIRE(mkfifo(planted.c_str(), 0600) == 0);
    else
      fs::create_directory(planted);
    owner_lock const next{here.fd.get()};

    CHECK_FALSE(lock.is_held_elsewhere(here.fd.get(), "zzzz"));
    CHECK(fs::exists(planted));
  }

  SECTION("is left alone if it belongs to another user") {
    if (geteuid() != 0) return;  // only root can give a file away
    test::write_file(planted, "");
    REQUIRE(chown(planted.c_str(), 65534, 65534) == 0);
    owner_lock const next{here.fd.get()};

    CHECK_FALSE(lock.is_held_elsewhere(here.fd.get(), "zzzz"));
    CHECK(fs::exists(planted));
  }
}
