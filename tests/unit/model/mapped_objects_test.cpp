#include "support/catch.hpp"
#include "support/library_copy.hpp"

#include <loopscope/base/build_id.hpp>
#include <loopscope/model/mapped_objects.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

using namespace loopscope;

namespace {

std::optional<std::string> build_id_at(std::vector<model::mapped_object> const& objects,
                                       std::uint64_t start) {
  auto const is_there = [&](auto const& object) { return object.start == start; };
  auto const found = std::find_if(objects.begin(), objects.end(), is_there);
  if (found == objects.end()) return std::nullopt;
  return found->build_id;
}

}  // namespace

TEST_CASE("The objects that are mapped", "[model]") {
  auto const maps = test::own_maps();
  auto const objects = model::mapped_objects(maps);

  SECTION("are all that code is mapped of, with a build id each") {
    for (auto const& each : maps) {
      if (!each.executable || each.path.find(".so") == std::string::npos) continue;
      CAPTURE(each.path);
      auto const id = build_id_at(objects, each.start);

      REQUIRE(id);
      CHECK_FALSE(id->empty());
    }
  }

  SECTION("include the executable") {
    auto const own = std::filesystem::read_symlink("/proc/self/exe").string();
    for (auto const& each : maps) {
      if (!each.executable || each.path != own) continue;
      auto const id = build_id_at(objects, each.start);

      REQUIRE(id);
      CHECK(*id == executable_build_id());
    }
  }
}

TEST_CASE("A library keeps its build id after another has taken its place", "[model]") {
  test::library_copy library;
  auto const id_now = [&] {
    auto const maps = test::own_maps();
    return build_id_at(model::mapped_objects(maps), library.code_in(maps).start);
  };
  auto const before = id_now();
  REQUIRE(before);

  SECTION("replaced") {
    library.replace();
    CHECK(id_now() == before);
  }

  SECTION("deleted") {
    library.remove();
    CHECK(id_now() == before);
  }
}

TEST_CASE("A library that is unloaded meanwhile is no object", "[model]") {
  test::library_copy library;
  auto const maps = test::own_maps();
  auto const code = library.code_in(maps);
  library.unload();

  CHECK(build_id_at(model::mapped_objects(maps), code.start) == std::nullopt);
}

TEST_CASE("What is mapped but is no ELF file is no object", "[model]") {
  std::vector<model::mapping> const maps{
      {0x1000, 0x2000, 0, "/opt/nothing.so", true, 1, "fe:00"},
      {0xffffffffff600000, 0xffffffffff601000, 0, "[vsyscall]", true, 0, "00:00"},
  };

  CHECK(model::mapped_objects(maps).empty());
}
