#include "support/catch.hpp"
#include "support/pipe.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/base/read_file.hpp>

#include <cerrno>
#include <string>

using namespace loopscope;

namespace {

boost::system::error_code cause(int error) {
  return {error, boost::system::generic_category()};
}

}  // namespace

TEST_CASE("Reading a file", "[base]") {
  test::temp_dir const dir;

  SECTION("gives all of its bytes") {
    auto const size = GENERATE(as<std::size_t>{}, 0, 1, 65'535, 65'536, 65'537, 200'000);
    auto const text = std::string(size, 'x') + '\0';
    test::write_file(dir / "file", text);

    auto const read = read_file(dir / "file");

    REQUIRE(read);
    CHECK(*read == text);
  }

  SECTION("gives what the kernel makes up, which has no size") {
    auto const read = read_file("/proc/self/status");

    REQUIRE(read);
    CHECK_THAT(*read, test::ContainsSubstring("VmRSS:"));
  }

  SECTION("says why it cannot") {
    CHECK(read_file(dir / "missing").error() == cause(ENOENT));
    CHECK(read_file(dir.path()).error() == cause(EISDIR));
    CHECK(read_file(dir / "missing/file").error() == cause(ENOENT));
  }
}

TEST_CASE("Reading the rest of an open file", "[base]") {
  test::small_pipe pipe;
  REQUIRE(write(pipe.to.get(), "abc", 3) == 3);
  char first = 0;
  REQUIRE(read(pipe.from.get(), &first, 1) == 1);
  pipe.to = {};

  CHECK(read_rest(pipe.from.get()).value() == "bc");
  CHECK(read_rest(-1).error() == cause(EBADF));
}
