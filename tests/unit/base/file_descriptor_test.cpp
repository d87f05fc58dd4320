#include "support/catch.hpp"

#include <loopscope/base/file_descriptor.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <utility>

using namespace loopscope;

namespace {

int open_null() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

// What the process has, and gets back.
struct kept_limit {
  rlimit before{};

  kept_limit() { REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0); }
  ~kept_limit() { setrlimit(RLIMIT_NOFILE, &before); }

  void lower_to(rlim_t soft) const {
    auto lowered = before;
    lowered.rlim_cur = soft;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &lowered) == 0);
  }
  static rlim_t now() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
  }
};

}  // namespace

TEST_CASE("A file descriptor is closed by its owner", "[base]") {
  auto const fd = open_null();
  REQUIRE(fd >= 0);

  SECTION("at its end") {
    {
      file_descriptor const owner{fd};
      CHECK(owner);
      CHECK(owner.get() == fd);
      CHECK(is_open(fd));
    }

    CHECK_FALSE(is_open(fd));
  }

  SECTION("not by one whose descriptor was moved away") {
    file_descriptor heir;
    {
      file_descriptor owner{fd};
      heir = file_descriptor{std::move(owner)};
    }

    CHECK(heir.get() == fd);
    CHECK(is_open(fd));
  }

  SECTION("when another one is assigned") {
    file_descriptor owner{fd};
    auto const next = open_null();
    REQUIRE(next != fd);
    owner = file_descriptor{next};

    CHECK(owner.get() == next);
    CHECK_FALSE(is_open(fd));
  }
}

TEST_CASE("No file descriptor is none", "[base]") {
  CHECK_FALSE(file_descriptor{});
  CHECK_FALSE(file_descriptor{-1});
  CHECK(file_descriptor{}.get() == -1);
}

TEST_CASE("The limit of open files", "[base]") {
  kept_limit const process;
  constexpr rlim_t soft = 200;
  process.lower_to(soft);

  SECTION("is raised to what is wanted") {
    CHECK(raise_descriptor_limit(soft + 1) == soft + 1);
    CHECK(kept_limit::now() == soft + 1);
  }

  SECTION("is not touched where it is enough") {
    CHECK(raise_descriptor_limit(soft) == soft);
    CHECK(raise_descriptor_limit(1) == soft);
    CHECK(kept_limit::now() == soft);
  }

  SECTION("ends at the hard limit") {
    CHECK(raise_descriptor_limit(process.before.rlim_max) == process.before.rlim_max);
    if (process.before.rlim_max != RLIM_INFINITY)
      CHECK(raise_descriptor_limit(process.before.rlim_max + 1) == process.before.rlim_max);
  }
}
