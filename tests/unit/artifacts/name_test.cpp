#include "support/catch.hpp"

#include <loopscope/artifacts/name.hpp>

#include <chrono>
#include <string>
#include <string_view>

using namespace loopscope;
using namespace std::chrono_literals;
using namespace std::string_literals;

TEST_CASE("An artifact's name", "[artifacts]") {
  SECTION("is taken apart") {
    auto const [text, kind, id,
                extension] = GENERATE(table<std::string, std::string, std::string, std::string>({
        {"cpu-2026-01-02T03-04-05.678Z-0123abcd.prof", "cpu", "0123abcd", "prof"},
        {"cpu-2026-01-02T03-04-05.678Z-ffffffff.pb.gz", "cpu", "ffffffff", "pb.gz"},
        {"heap-1999-12-31T23-59-59.000Z-00000000.heap", "heap", "00000000", "heap"},
        {"heap-2026-01-02T03-04-05.678Z-89abcdef.heap.pb.gz", "heap", "89abcdef", "heap.pb.gz"},
        {"heap-2026-01-02T03-04-05.678Z-89abcdef.heapsnapshot", "heap", "89abcdef", "heapsnapshot"},
    }));
    CAPTURE(text);

    auto const name = artifacts::parse_name(text);

    REQUIRE(name);
    CHECK(name->kind == kind);
    CHECK(name->capture_id == id);
    CHECK(name->owner() == id.substr(0, 4));
    CHECK(name->extension == extension);
  }

  SECTION("is none of ours if any of it is off") {
    auto const text = GENERATE(as<std::string>{},
                               "",                                                    //
                               "cpu",                                                 //
                               "cpu-",                                                //
                               "cpu-.prof",                                           //
                               "mem-2026-01-02T03-04-05.678Z-0123abcd.prof",          //
                               "cpus-2026-01-02T03-04-05.678Z-0123abcd.prof",         //
                               "CPU-2026-01-02T03-04-05.678Z-0123abcd.prof",          //
                               "-2026-01-02T03-04-05.678Z-0123abcd.prof",             //
                               "cpu--2026-01-02T03-04-05.678Z-0123abcd.prof",         //
                               "cpu-2026-01-02t03-04-05.678z-0123abcd.prof",          //
                               "cpu-2026-01-02T03:04:05.678Z-0123abcd.prof",          //
                               "cpu-2026-01-02T03-04-05.67aZ-0123abcd.prof",          //
                               "cpu-2026-01-02T03-04-05.678Z-0123ABCD.prof",          //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcg.prof",          //
                               "cpu-2026-01-02T03-04-05.678Z-0123abc.prof",           //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcde.prof",         //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd",               //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd.",              //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd.exe",           //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd.PROF",          //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd.prof.part",     //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd.prof ",         //
                               " cpu-2026-01-02T03-04-05.678Z-0123abcd.prof",         //
                               ".cpu-2026-01-02T03-04-05.678Z-0123abcd.prof",         //
                               "/cpu-2026-01-02T03-04-05.678Z-0123abcd.prof",         //
                               "../cpu-2026-01-02T03-04-05.678Z-0123abcd.prof",       //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd.prof/",         //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd.prof/../x",     //
                               "cpu-2026-01-02T03-04-05.678Z-../../ab.prof",          //
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd../../etc/pass"  //
    );
    CAPTURE(text);

    CHECK_FALSE(artifacts::parse_name(text));
  }

  SECTION("holds no NUL") {
    auto const text = GENERATE(as<std::string>{}, "cpu-2026-01-02T03-04-05.678Z-0123abcd.prof\0"s,
                               "cpu-2026-01-02T03-04-05.678Z-0123abcd.prof\0.prof"s,
                               "cpu\0-2026-01-02T03-04-05.678Z-0123abcd.prof"s,
                               "cpu-2026-01-02T03-04-05.678Z-0123\0abcd.prof"s);

    CHECK_FALSE(artifacts::parse_name(text));
  }

  SECTION("is not endless") {
    auto const text =
        "cpu-2026-01-02T03-04-05.678Z-0123abcd." + std::string(std::size_t{1} << 20, 'p');

    CHECK_FALSE(artifacts::parse_name(text));
  }
}

TEST_CASE("A stem", "[artifacts]") {
  auto const noon = std::chrono::system_clock::time_point{std::chrono::sys_days{
                        std::chrono::year{2026} / std::chrono::January / 2}} +
                    12h + 678ms;

  SECTION("says what, when and whose, and becomes a name with any extension") {
    auto const kind = GENERATE(as<std::string>{}, "cpu", "heap");
    auto const extension = GENERATE(as<std::string>{}, "prof", "pb.gz", "heapsnapshot", "folded");
    CAPTURE(kind, extension);

    auto const stem = artifacts::make_stem(kind, "beef", noon);
    auto const text = stem + '.' + extension;
    auto const name = artifacts::parse_name(text);

    CHECK_THAT(stem, Catch::Matchers::StartsWith(kind + "-2026-01-02T12-00-00.678Z-beef"));
    REQUIRE(name);
    CHECK(name->kind == kind);
    CHECK(name->owner() == "beef");
    CHECK(name->extension == extension);
  }

  SECTION("is another one each time, even within a millisecond") {
    CHECK(artifacts::make_stem("cpu", "beef", noon) != artifacts::make_stem("cpu", "beef", noon));
  }
}

TEST_CASE("A stem ends with the id of its capture", "[artifacts]") {
  auto const stem = artifacts::make_stem("cpu", "0123", std::chrono::system_clock::now());

  CHECK(artifacts::capture_id_of(stem) == artifacts::parse_name(stem + ".prof")->capture_id);
}
