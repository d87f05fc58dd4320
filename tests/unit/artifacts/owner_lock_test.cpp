#include "support/catch.hpp"
#include "support/refused_calls.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/artifacts/owner_lock.hpp>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace loopscope;
using artifacts::owner;
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
    CHECK(one.find(here.fd.get(), two.id()) == owner::alive);
    CHECK(two.find(here.fd.get(), one.id()) == owner::alive);
    CHECK(one.find(here.fd.get(), one.id()) == owner::us);
  }

  SECTION("leave each other's marks alone") {
    owner_lock const three{here.fd.get()};

    CHECK(fs::exists(here.mark(one.id())));
    CHECK(fs::exists(here.mark(two.id())));
    CHECK(fs::exists(here.mark(three.id())));
  }

  SECTION("do not see one that was released, whose mark is gone") {
    two.release(here.fd.get());

    CHECK(one.find(here.fd.get(), two.id()) == owner::gone);
    CHECK_FALSE(fs::exists(here.mark(two.id())));
    CHECK_FALSE(two.is_in(here.fd.get()));
  }

  SECTION("do not see an id that nobody took") {
    auto const unused = one.id() == "0000" || two.id() == "0000" ? "0001" : "0000";

    CHECK(one.find(here.fd.get(), unused) == owner::gone);
  }
}

TEST_CASE("An owner that died without a word", "[artifacts]") {
  directory const here;
  owner_lock const witness{here.fd.get()};
  auto const id = owner_lock{here.fd.get()}.id();
  REQUIRE(fs::exists(here.mark(id)));

  SECTION("holds nothing any more") {
    CHECK(witness.find(here.fd.get(), id) == owner::gone);
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

    CHECK(lock.find(here.fd.get(), "zzzz") == owner::gone);
    CHECK(fs::is_symlink(planted));
  }

  SECTION("is not taken for a live owner if it is a hard link to one") {
    fs::create_hard_link(here.mark(live.id()), planted);
    owner_lock const next{here.fd.get()};

    CHECK(lock.find(here.fd.get(), "zzzz") == owner::gone);
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

    CHECK(lock.find(here.fd.get(), "zzzz") == owner::gone);
    CHECK(fs::exists(planted));
  }

  SECTION("is left alone if it belongs to another user") {
    if (geteuid() != 0) return;  // only root can give a file away
    test::write_file(planted, "");
    REQUIRE(chown(planted.c_str(), 65534, 65534) == 0);
    owner_lock const next{here.fd.get()};

    CHECK(lock.find(here.fd.get(), "zzzz") == owner::gone);
    CHECK(fs::exists(planted));
  }
}

TEST_CASE("Where the file system refuses locks", "[artifacts]") {
  auto const error = GENERATE(ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL);
  CAPTURE(error);
  directory const here;
  owner_lock const earlier{here.fd.get()};
  owner_lock lock;
  owner found{};

  auto const ran = test::refusing({{SYS_flock, error}}, [&] {
    lock = owner_lock{here.fd.get()};
    found = lock.find(here.fd.get(), earlier.id());
  });

  if (!ran) return;
  CHECK(earlier.refusal() == 0);
  CHECK(lock.refusal() == error);
  CHECK(lock.is_in(here.fd.get()));
  CHECK(lock.id() != earlier.id());
  CHECK(lock.find(here.fd.get(), lock.id()) == owner::us);
  CHECK(found == owner::unknown);
  CHECK(lock.find(here.fd.get(), "zzzz") == owner::unknown);
  CHECK(fs::exists(here.mark(earlier.id())));
}

TEST_CASE("A lock that is refused once is not taken for a dead owner", "[artifacts]") {
  directory const here;
  owner_lock const one{here.fd.get()};
  owner_lock const two{here.fd.get()};
  owner found{};

  auto const ran =
      test::refusing({{SYS_flock, ENOLCK}}, [&] { found = one.find(here.fd.get(), two.id()); });

  if (!ran) return;
  CHECK(found == owner::unknown);
}

TEST_CASE("A mark that cannot be looked at does not mean that its owner is gone", "[artifacts]") {
  auto const [error, expected] = GENERATE(table<int, owner>({
      {EACCES, owner::unknown},
      {EIO, owner::unknown},
      {ESTALE, owner::unknown},
      {EMFILE, owner::alive},
      {ENOENT, owner::gone},
      {ELOOP, owner::gone},
  }));
  CAPTURE(error);
  directory const here;
  owner_lock const one{here.fd.get()};
  owner_lock const two{here.fd.get()};
  owner found{};

  auto const ran =
      test::refusing({{SYS_openat, error}}, [&] { found = one.find(here.fd.get(), two.id()); });

  if (!ran) return;
  CHECK(found == expected);
}
