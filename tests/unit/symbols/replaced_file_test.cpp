#include "support/catch.hpp"
#include "support/library_copy.hpp"
#include "support/planted_code.hpp"

#include <loopscope/base/build_id.hpp>
#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/model/mapped_objects.hpp>
#include <loopscope/symbols/symbolize.hpp>
#include <loopscope/symbols/symbolizer.hpp>

#include <fcntl.h>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

using namespace loopscope;
namespace planted_code = test::planted_code;

namespace {

std::string own_path() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

// What the service records, and what the encoder then knows of it.
struct recording {
  std::vector<model::mapping> maps = test::own_maps();
  std::vector<model::mapped_object> objects = model::mapped_objects(maps);

  [[nodiscard]] symbols::program program(pid_t process) const {
    return {own_path(), executable_build_id(), {}, objects, process};
  }
};

std::string name_of(symbols::symbolizer& names, std::uint64_t address) {
  return names.at(address).frames.back().system_name;
}

}  // namespace

TEST_CASE("A library that was replaced or deleted", "[symbols]") {
  test::library_copy library;
  auto const address = library.function("cos") + 1;
  symbols::symbolizer before{recording{}.maps, recording{}.program(0)};
  auto const right = name_of(before, address);
  file_descriptor kept;
  auto const keep = [&] {
    kept = file_descriptor{open(library.path().c_str(), O_PATH | O_CLOEXEC)};
  };
  auto const lose = [&] {
    if (GENERATE(true, false))
      library.replace();
    else
      library.remove();
  };

  SECTION("never names the code that ran, whenever it happened") {
    recording now;
    lose();
    if (GENERATE(true, false)) now = {};
    symbols::symbolizer names{now.maps, now.program(0)};
    auto const& found = names.at(address);

    CHECK_FALSE(found.named);
    REQUIRE(found.frames.size() == 1);
    CHECK_THAT(found.frames[0].system_name,
               Catch::Matchers::Matches(R"(\[libcopy\.so (changed|unreadable)\])"));
    CHECK(names.is_changed(*found.where));
    CHECK(names.build_id_of(*found.where) == before.build_id_of(*before.at(address).where));
    CHECK_FALSE(names.is_changed(*names.executable()));
  }

  SECTION("names it if the live process keeps it open") {
    keep();
    recording now;
    lose();
    if (GENERATE(true, false)) now = {};
    symbols::symbolizer names{now.maps, now.program(getpid())};

    CHECK(name_of(names, address) == right);
    CHECK_FALSE(names.is_changed(*names.at(address).where));
  }

  SECTION("is not looked for in a process that is gone") {
    keep();
    recording const now;
    lose();
    symbols::symbolizer names{now.maps, now.program(0x7ffffff0)};

    CHECK_FALSE(names.at(address).named);
  }
}

TEST_CASE("A copy of a library with its build id is as good", "[symbols]") {
  test::library_copy library;
  auto const address = library.function("cos") + 1;
  recording const now;
  auto const copy = library.path().string() + ".copy";
  std::filesystem::copy_file(library.path(), copy);
  std::filesystem::rename(copy, library.path());
  symbols::symbolizer names{now.maps, now.program(0)};

  CHECK(names.at(address).named);
}

TEST_CASE("A library without a build id is known by its inode", "[symbols]") {
  test::library_copy library;
  auto const address = library.function("cos") + 1;
  recording now;
  auto const recorded = GENERATE(true, false);
  CAPTURE(recorded);
  if (!recorded) now.objects.clear();
  for (auto& each : now.objects) each.build_id.clear();

  SECTION("in its place") {
    symbols::symbolizer names{now.maps, now.program(0)};

    CHECK(names.at(address).named);
  }

  SECTION("and not if another file is there") {
    library.replace();
    symbols::symbolizer names{now.maps, now.program(0)};

    CHECK(name_of(names, address) == "[libcopy.so changed]");
    CHECK(names.is_changed(*names.at(address).where));
  }
}

TEST_CASE("Code that never was in a file is not called changed", "[symbols]") {
  auto const* path = GENERATE("/memfd:compiled (deleted)", "/dev/zero (deleted)", "[anon:code]");
  CAPTURE(path);
  symbols::symbolizer names{{{0x1000, 0x2000, 0x500, path, true, 12, "00:01"}}, {}};

  auto const& found = names.at(0x1010);

  CHECK_THAT(found.frames[0].system_name, Catch::Matchers::StartsWith("0x510 ("));
  CHECK_FALSE(names.is_changed(*found.where));
}

TEST_CASE("An executable that was replaced or deleted", "[symbols]") {
  auto const address = planted_code::outer() - 1;
  test::temp_dir const directory;
  recording now;
  auto program = now.program(getpid());
  auto const path = directory / "lab";
  if (GENERATE(true, false)) std::filesystem::copy_file(test::library_path("libc.so.6"), path);
  for (auto& each : now.maps)
    if (each.path == program.path) each.path = path.string() + " (deleted)";
  program.path = path.string() + " (deleted)";

  SECTION("names the code if it runs still") {
    symbols::symbolizer names{now.maps, program};

    CHECK(name_of(names, address) == "_ZN9loopscope4test12planted_code5outerEv");
    CHECK_FALSE(names.is_changed(*names.executable()));
  }

  SECTION("names it if the caller knows where a copy is") {
    program.file = own_path();
    program.process = 0;
    symbols::symbolizer names{now.maps, program};

    CHECK(names.at(address).named);
  }

  SECTION("is called changed if the process that runs is another") {
    program.process = getppid();
    symbols::symbolizer names{now.maps, program};

    CHECK(name_of(names, address) == "[lab changed]");
    CHECK(names.is_changed(*names.executable()));
  }

  SECTION("is an error if no process is known") {
    program.process = 0;

    CHECK_THROWS(symbols::symbolizer{now.maps, program});
  }
}

TEST_CASE("An executable without a build id is known by its inode", "[symbols]") {
  recording now;
  auto program = now.program(0);
  program.build_id.clear();

  SECTION("where it ran") {
    CHECK_NOTHROW(symbols::symbolizer{now.maps, program});
  }

  SECTION("and refused if it is another file") {
    for (auto& each : now.maps)
      if (each.path == program.path) ++each.inode;

    CHECK_THROWS_AS((symbols::symbolizer{now.maps, program}), symbols::wrong_executable);
    CHECK_THROWS_WITH((symbols::symbolizer{now.maps, program}),
                      "the executable " + own_path() +
                          " is another file than the one that ran, which has no build id");
  }

  SECTION("but not if the caller says where it lies") {
    for (auto& each : now.maps)
      if (each.path == program.path) ++each.inode;
    program.file = own_path();
    symbols::symbolizer names{now.maps, program};

    CHECK(names.at(planted_code::outer() - 1).named);
  }
}

TEST_CASE("A profile marks the files that name nothing any more", "[symbols]") {
  test::library_copy library;
  recording const now;
  model::raw_cpu_profile raw;
  raw.period = std::chrono::milliseconds{1};
  raw.executable = own_path();
  raw.build_id = executable_build_id();
  raw.maps = test::read_file("/proc/self/maps");
  raw.objects = now.objects;
  raw.stacks = {{library.function("cos") + 1, planted_code::outer()}};
  raw.samples = {{0, 0, 0, 0}};
  library.replace();

  auto const profile = *symbols::symbolize(raw);

  REQUIRE(profile.modules.size() == 2);
  CHECK_FALSE(profile.modules[0].is_changed);
  CHECK(profile.modules[1].is_changed);
  CHECK(profile.modules[1].path == library.path());
  CHECK(model::coverage_of(profile).unresolved == 1);
}
