#include "support/catch.hpp"
#include "support/planted_code.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/base/build_id.hpp>
#include <loopscope/symbols/symbolizer.hpp>

#include <dlfcn.h>
#include <filesystem>
#include <string>
#include <sys/auxv.h>
#include <system_error>

using namespace loopscope;
namespace planted_code = test::planted_code;
using test::ContainsSubstring;

namespace {

std::string own_path() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

std::vector<model::mapping> own_maps() {
  return *model::parse_maps(test::read_file("/proc/self/maps"));
}

symbols::program own_program() {
  return {own_path(), executable_build_id()};
}

std::uint64_t address_of(char const* name) {
  return reinterpret_cast<std::uint64_t>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace

TEST_CASE("The symbolizer names code of the executable", "[symbols]") {
  symbols::symbolizer names{own_maps(), own_program()};

  SECTION("with what is inlined there, innermost first, each with file and line") {
    auto const& found = names.at(planted_code::outer() - 1);

    REQUIRE(found.frames.size() == 3);
    CHECK(found.named);
    CHECK(found.frames[0].system_name == "_ZN9loopscope4test12planted_code9innermostEv");
    CHECK(found.frames[1].system_name == "_ZN9loopscope4test12planted_code6middleEv");
    CHECK(found.frames[2].system_name == "_ZN9loopscope4test12planted_code5outerEv");
    CHECK(found.frames[0].line == planted_code::innermost_line);
    CHECK(found.frames[1].line == planted_code::middle_line);
    CHECK(found.frames[2].first_line == planted_code::outer_line);
    CHECK((found.frames[0].inlined && found.frames[1].inlined && !found.frames[2].inlined));
    for (auto const& frame : found.frames) {
      CHECK(frame.file.starts_with('/'));
      CHECK(frame.file.ends_with("/support/planted_code.hpp"));
    }
  }

  SECTION("and says in which file it is") {
    auto const& found = names.at(planted_code::outer());

    REQUIRE(found.where);
    CHECK(found.where == names.executable());
    CHECK(found.where->path == own_path());
    CHECK(names.build_id_of(*found.where) == executable_build_id());
  }

  SECTION("once, however often it is asked") {
    CHECK(&names.at(planted_code::outer()) == &names.at(planted_code::outer()));
  }
}

TEST_CASE("The symbolizer names code of shared libraries", "[symbols]") {
  symbols::symbolizer names{own_maps(), own_program()};

  SECTION("by their dynamic symbols") {
    auto const* name = GENERATE("epoll_wait", "getenv", "_ZNKSt9exception4whatEv");
    CAPTURE(name);

    auto const& found = names.at(address_of(name) + 1);

    CHECK(found.named);
    REQUIRE(found.where);
    CHECK_THAT(found.where->path, ContainsSubstring(".so"));
    CHECK_THAT(found.frames.back().system_name, ContainsSubstring(name));
  }

  SECTION("and the vdso, which is no file") {
    auto const vdso = getauxval(AT_SYSINFO_EHDR);
    if (vdso == 0) return;

    auto const& found = names.at(vdso);

    REQUIRE(found.where);
    CHECK(found.where->path == "[vdso]");
    CHECK_FALSE(names.build_id_of(*found.where).empty());
  }
}

TEST_CASE("What has no name is a number", "[symbols]") {
  symbols::symbolizer names{own_maps(), own_program()};

  SECTION("outside of all files") {
    auto const address = GENERATE(as<std::uint64_t>{}, 0, 0x10, 0xffffffffffffffff);
    CAPTURE(address);

    auto const& found = names.at(address);

    CHECK_FALSE(found.named);
    CHECK(found.where == nullptr);
    REQUIRE(found.frames.size() == 1);
    CHECK_THAT(found.frames[0].system_name, Catch::Matchers::Matches("0x[0-9a-f]+"));
  }

  SECTION("in a file that is gone") {
    symbols::symbolizer gone{{{0x1000, 0x2000, 0x500, "/opt/gone.so (deleted)", true}}, {}};

    auto const& found = gone.at(0x1010);

    CHECK_FALSE(found.named);
    CHECK(found.frames[0].system_name == "0x510 (gone.so (deleted))");
  }

  SECTION("in a file that is no program") {
    test::temp_dir const directory;
    test::write_file(directory / "text.so", std::string(10'000, 'x'));
    symbols::symbolizer text{{{0x1000, 0x2000, 0, directory / "text.so", true}}, {}};

    CHECK_FALSE(text.at(0x1010).named);
  }
}

TEST_CASE("The symbolizer refuses another executable than the one that ran", "[symbols]") {
  SECTION("by its build id, and reports both") {
    auto const make = [] { symbols::symbolizer{own_maps(), {own_path(), "00ff"}}; };

    CHECK_THROWS_AS(make(), symbols::wrong_executable);
    CHECK_THROWS_WITH(make(), "the executable " + own_path() + " has build id " +
                                  executable_build_id() + ", the capture is of 00ff");
  }

  SECTION("that is not there") {
    auto const make = [] { symbols::symbolizer{own_maps(), {"/nowhere/lab", "00ff"}}; };

    CHECK_THROWS_AS(make(), std::system_error);
    CHECK_THROWS_WITH(make(), ContainsSubstring("/nowhere/lab: No such file"));
  }

  SECTION("that is no program") {
    auto const make = [] { symbols::symbolizer{own_maps(), {"/etc/passwd", "00ff"}}; };

    CHECK_THROWS_AS(make(), std::system_error);
  }
}

TEST_CASE("A deleted executable is known by the build id of the file in its place", "[symbols]") {
  auto maps = own_maps();
  for (auto& each : maps)
    if (each.path == own_path()) each.path += " (deleted)";
  symbols::symbolizer names{maps, {own_path() + " (deleted)", executable_build_id()}};

  auto const& found = names.at(planted_code::outer() - 1);

  CHECK(found.named);
  CHECK(found.frames.size() == 3);
}
