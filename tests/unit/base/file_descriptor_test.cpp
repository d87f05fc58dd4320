#include "support/catch.hpp"

#include <loopscope/base/file_descriptor.hpp>

#include <fcntl.h>
#include <utility>

using namespace loopscope;

namespace {

int open_null() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

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
