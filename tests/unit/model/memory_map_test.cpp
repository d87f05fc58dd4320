#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/model/memory_map.hpp>

#include <string>

using namespace loopscope;
using model::mapping;

TEST_CASE("A memory map", "[model]") {
  auto const text =
      "55d000-55e000 r--p 00000000 fe:00 247134                     /srv/bin/lab\n"
      "55e000-560000 r-xp 00001000 fe:00 247134                     /srv/bin/lab\n"
      "600000-601000 rw-p 00000000 00:00 0 \n"
      "700000-701000 r-xp 00000000 fe:00 12                         /opt/a b/x.so (deleted)\n"
      "7ffff000-80000000 r-xp 00000000 00:00 0                      [vdso]\n"
      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

  SECTION("is read line by line") {
    auto const maps = model::parse_maps(text);

    REQUIRE(maps);
    REQUIRE(maps->size() == 6);
    CHECK(maps->at(0) ==
          mapping{0x55d000, 0x55e000, 0, "/srv/bin/lab", false, 247134, "fe:00", true, false});
    CHECK(maps->at(1) ==
          mapping{0x55e000, 0x560000, 0x1000, "/srv/bin/lab", true, 247134, "fe:00", true, false});
    CHECK(maps->at(2) == mapping{0x600000, 0x601000, 0, "", false, 0, "00:00", true, true});
    CHECK(maps->at(3) == mapping{0x700000, 0x701000, 0, "/opt/a b/x.so (deleted)", true, 12,
                                 "fe:00", true, false});
    CHECK(maps->at(4).path == "[vdso]");
    CHECK(maps->at(5).end == 0xffffffffff601000);
  }

  SECTION("of this process is read") {
    auto const maps = model::parse_maps(test::read_file("/proc/self/maps"));

    REQUIRE(maps);
    CHECK(maps->size() > 10);
  }

  SECTION("finds what holds an address, and nothing between") {
    auto const maps = *model::parse_maps(text);
    auto const [address, index] = GENERATE(table<std::uint64_t, int>({
        {0, -1},
        {0x55cfff, -1},
        {0x55d000, 0},
        {0x55dfff, 0},
        {0x55e000, 1},
        {0x55ffff, 1},
        {0x560000, -1},
        {0xffffffffff600fff, 5},
        {0xffffffffffffffff, -1},
    }));
    CAPTURE(address);

    auto const* found = model::find_mapping(maps, address);

    CHECK(found == (index < 0 ? nullptr : &maps[static_cast<std::size_t>(index)]));
  }

  SECTION("that is none is refused") {
    auto const other =
        GENERATE(as<std::string>{}, "\n", "x\n", "1-2\n", "1-2 r-xp 0 0:0\n",
                 "2-1 r-xp 0 fe:00 1 /x\n", "1-1 r-xp 0 fe:00 1 /x\n", "g-h r-xp 0 fe:00 1 /x\n",
                 "1-2 r-x 0 fe:00 1 /x\n", "1-3 r-xp 0 fe:00 1 /x\n2-4 r-xp 0 fe:00 1 /x\n",
                 "1-11111111111111111 r-xp 0 fe:00 1 /x\n", "1-2 r-xp 0 fe:00 x /x\n");
    CAPTURE(other);

    CHECK(model::parse_maps(other).error() == errc::raw_malformed);
  }

  SECTION("may be empty") {
    CHECK(model::parse_maps("")->empty());
  }
}
