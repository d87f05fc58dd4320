#include "support/catch.hpp"
#include "support/library_copy.hpp"

#include <loopscope/capture/kept_files.hpp>

#include <filesystem>
#include <string>

namespace fs = std::filesystem;
using namespace loopscope;

namespace {

// Descriptors of this process that lead to a path.
std::size_t count_descriptors(std::string const& path) {
  std::size_t found = 0;
  for (auto const& each : fs::directory_iterator{"/proc/self/fd"}) {
    std::error_code closed;  // the one that reads the directory
    if (fs::read_symlink(each.path(), closed) == path) ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("Files of mapped code", "[capture]") {
  test::library_copy library;
  auto const path = library.path().string();
  auto const with_it = test::own_maps();
  capture::kept_files files;
  files.update(with_it);

  SECTION("are kept, with one descriptor each") {
    CHECK(count_descriptors(path) == 1);
  }

  SECTION("stay after they were deleted") {
    library.remove();
    files.update(test::own_maps());

    CHECK(count_descriptors(path + " (deleted)") == 1);
  }

  SECTION("stay after they were replaced, which is another file") {
    library.replace();
    files.update(test::own_maps());

    CHECK(count_descriptors(path + " (deleted)") == 1);
    CHECK(count_descriptors(path) == 0);
  }

  SECTION("are opened once") {
    auto const count = files.size();
    files.update(with_it);

    CHECK(files.size() == count);
    CHECK(count_descriptors(path) == 1);
  }

  SECTION("are closed when they are mapped no more") {
    library.unload();
    files.update(test::own_maps());

    CHECK(count_descriptors(path) == 0);
  }
}

TEST_CASE("A file that cannot be opened is not kept", "[capture]") {
  capture::kept_files files;

  files.update(std::vector<model::mapping>{{0x1000, 0x2000, 0, "/no/such", true, 1, "fe:00"},
                                           {0x3000, 0x4000, 0, "", true, 0, "00:00"},
                                           {0x5000, 0x6000, 0, "/etc", false, 2, "fe:00"}});

  CHECK(files.size() == 0);
}
