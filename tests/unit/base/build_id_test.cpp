#include "support/catch.hpp"

#include <loopscope/base/build_id.hpp>
#include <loopscope/base/hex.hpp>
#include <loopscope/base/version.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <fstream>
#include <ios>
#include <link.h>
#include <span>
#include <string>
#include <sys/auxv.h>

using namespace loopscope;
using namespace std::string_literals;

namespace {

std::span<std::uint8_t const> as_bytes(std::string const& text) {
  return {reinterpret_cast<std::uint8_t const*>(text.data()), text.size()};
}

std::string to_hex(std::string const& text) {
  return loopscope::to_hex(as_bytes(text).data(), text.size());
}

// A note as it lies in an ELF file: sizes of name and description, type, both padded to 4 bytes.
std::string note(std::string const& name, std::uint32_t type, std::string const& description) {
  std::string text;
  for (auto const word : {static_cast<std::uint32_t>(name.size()),
                          static_cast<std::uint32_t>(description.size()), type})
    text.append(reinterpret_cast<char const*>(&word), sizeof word);
  for (auto const& part : {name, description})
    text += part + std::string((4 - part.size() % 4) % 4, '\0');
  return text;
}

constexpr std::uint32_t build_id_type = 3;
std::string const gnu = "GNU\0"s;

std::string found_in(std::string const& notes) {
  return build_id_in_notes(as_bytes(notes));
}

}  // namespace

TEST_CASE("The executable knows its build id", "[base]") {
  auto const& id = executable_build_id();

  SECTION("in hexadecimal, two digits a byte") {
    CHECK(id.size() == 40);  // --build-id=sha1
    CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  }

  SECTION("as it stands in the file, not in a library") {
    // The linker puts notes at the beginning.
    std::ifstream file{"/proc/self/exe", std::ios::binary};
    std::string beginning(65536, '\0');
    file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));

    CHECK_THAT(to_hex(beginning), test::ContainsSubstring(to_hex("GNU\0"s) + id));
  }
}

TEST_CASE("A build id is found among ELF notes", "[base]") {
  auto const wanted = note(gnu, build_id_type, "\x01\xab\xff"s);

  SECTION("alone, or behind others") {
    auto const others = GENERATE(as<std::string>{}, "", note(gnu, 5, "12345678"),
                                 note("Go\0\0"s, build_id_type, "other"),
                                 note("stapsdt\0"s, build_id_type, "") + note("", 0, "x"));

    CHECK(found_in(others + wanted) == "01abff");
    CHECK(found_in(others + wanted + others) == "01abff");
  }

  SECTION("not if it is cut") {
    for (std::size_t size = 0; size < wanted.size(); ++size) {
      CAPTURE(size);
      CHECK(found_in(wanted.substr(0, size)).empty());
    }
  }

  SECTION("nor behind a note of impossible size") {
    auto damaged = note("other\0"s, 1, "x");
    auto const at = GENERATE(as<std::size_t>{}, 0, 4);
    damaged.replace(at, 4, "\xff\xff\xff\xff");

    CHECK(found_in(damaged + wanted).empty());
  }
}

TEST_CASE("A build id is found in an image that is mapped", "[base]") {
  SECTION("of the executable") {
    auto const headers = getauxval(AT_PHDR);  // they follow the header of the file

    CHECK(mapped_build_id(headers - sizeof(ElfW(Ehdr))) == executable_build_id());
  }

  SECTION("of the vdso, which is no file") {
    auto const vdso = getauxval(AT_SYSINFO_EHDR);
    if (vdso == 0) return;

    auto const id = mapped_build_id(vdso);

    REQUIRE(id);
    CHECK_FALSE(id->empty());
  }

  SECTION("but not where no image begins, or nothing is mapped") {
    std::array<char, 4096> const other{};

    CHECK_FALSE(mapped_build_id(reinterpret_cast<std::uint64_t>(other.data())));
    CHECK_FALSE(mapped_build_id(0));
    CHECK_FALSE(mapped_build_id(~std::uint64_t{0}));
  }
}

TEST_CASE("An image with forged headers has no build id", "[base]") {
  ElfW(Ehdr) header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_phentsize = sizeof(ElfW(Phdr));
  header.e_phnum = 1;
  header.e_phoff = sizeof header;
  struct {
    ElfW(Ehdr) header;
    ElfW(Phdr) segment;
  } image{header, {}};
  image.segment.p_type = PT_NOTE;
  auto const found = [&] { return mapped_build_id(reinterpret_cast<std::uint64_t>(&image)); };

  SECTION("with notes that are not there") {
    image.segment.p_vaddr = ~std::uint64_t{0} / 2;
    image.segment.p_memsz = 64;

    CHECK(found() == "");
  }

  SECTION("with notes of an impossible size") {
    image.segment.p_memsz = ~std::uint64_t{0};

    CHECK(found() == "");
  }

  SECTION("with segments that are not there") {
    image.header.e_phoff = ~std::uint64_t{0} / 2;

    CHECK_FALSE(found());
  }

  SECTION("with too many segments") {
    image.header.e_phnum = 0xffff;

    CHECK_FALSE(found());
  }
}

TEST_CASE("The library knows its version", "[base]") {
  auto const text = std::string{version()};

  CHECK_THAT(text, Catch::Matchers::Matches(R"(\d+\.\d+\.\d+)"));
}
