#include "support/catch.hpp"

#include <loopscope/unwind/eh_frame.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

using namespace loopscope;
using unwind::cfa_kind;
using unwind::saved_where;
using byte_list = std::vector<std::byte>;

namespace {

constexpr unwind::address_range text{0x10000, 0x11000};

void append(byte_list& to, std::initializer_list<int> values) {
  for (auto const value : values) to.push_back(static_cast<std::byte>(value));
}

void append_u32(byte_list& to, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) append(to, {static_cast<int>(value >> shift & 0xff)});
}

// With its length before it.
void append_entry(byte_list& to, byte_list const& entry) {
  append_u32(to, static_cast<std::uint32_t>(entry.size()));
  to.insert(to.end(), entry.begin(), entry.end());
}

// Version 1, "zR" or "zRS", absolute 32-bit pointers; CFA rsp + 8, return address at CFA - 8.
byte_list section_with_cie(bool signal = false) {
  byte_list cie;
  append_u32(cie, 0);
  append(cie, {1, 'z', 'R'});
  if (signal) append(cie, {'S'});
  append(cie, {0, 1, 0x78, 16, 1, 0x03, 0x0c, 7, 8, 0x90, 1});
  byte_list section;
  append_entry(section, cie);
  return section;
}

void append_fde(byte_list& section, std::uint32_t begin, std::uint32_t size,
                std::initializer_list<int> instructions) {
  byte_list fde;
  append_u32(fde, static_cast<std::uint32_t>(section.size() + 4));  // the CIE lies at 0
  append_u32(fde, begin);
  append_u32(fde, size);
  append(fde, {0});
  append(fde, instructions);
  append_entry(section, fde);
}

unwind::unwind_table parsed(byte_list const& section) {
  return unwind::parse_eh_frame(section, 0x20000, text);
}

}  // namespace

TEST_CASE("A table has the rows of a function", "[unwind]") {
  auto section = section_with_cie();
  // push rbp; mov rbp, rsp: 1 byte and 3 more.
  append_fde(section, 0x10100, 0x20, {0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6});
  auto const table = parsed(section);

  CHECK(table.counts().functions == 1);
  CHECK(table.counts().unsupported == 0);
  REQUIRE(table.find(0x100));
  CHECK(*table.find(0x100) == unwind::unwind_rule{cfa_kind::reg, 7, {}, {}, 0, 0, 8, 0});
  CHECK(table.find(0x101)->offset == 16);
  CHECK(table.find(0x101)->rbp == saved_where::at_cfa);
  CHECK(table.find(0x101)->rbp_offset == -16);
  CHECK(table.find(0x103)->cfa_register == 7);
  CHECK(table.find(0x104)->cfa_register == 6);
  CHECK(table.find(0x11f)->cfa_register == 6);
}

TEST_CASE("A table knows nothing of what lies between functions", "[unwind]") {
  auto section = section_with_cie();
  append_fde(section, 0x10100, 0x10, {});
  append_fde(section, 0x10110, 0x10, {0x0e, 32});
  append_fde(section, 0x10200, 0x10, {});
  auto const table = parsed(section);

  CHECK(table.find(0x0)->kind == cfa_kind::unknown);
  CHECK(table.find(0xff)->kind == cfa_kind::unknown);
  CHECK(table.find(0x10f)->offset == 8);
  CHECK(table.find(0x110)->offset == 32);
  CHECK(table.find(0x120)->kind == cfa_kind::unknown);
  CHECK(table.find(0x20f)->offset == 8);
  CHECK(table.find(0x210)->kind == cfa_kind::unknown);
  CHECK(table.find(0xfff)->kind == cfa_kind::unknown);
}

TEST_CASE("A table knows the kinds of frames", "[unwind]") {
  SECTION("of a signal") {
    auto section = section_with_cie(true);
    append_fde(section, 0x10100, 0x10, {});
    CHECK(parsed(section).find(0x100)->kind == cfa_kind::signal_frame);
  }
  auto section = section_with_cie();

  SECTION("of a thread's start, whose return address is undefined") {
    append_fde(section, 0x10100, 0x10, {0x07, 16});
    CHECK(parsed(section).find(0x100)->kind == cfa_kind::outermost);
  }

  SECTION("of a realigned stack") {
    append_fde(section, 0x10100, 0x10, {0x0f, 3, 0x76, 0x78, 0x06, 0x10, 6, 2, 0x76, 0});
    auto const table = parsed(section);
    auto const& rule = *table.find(0x100);
    CHECK(rule.kind == cfa_kind::deref);
    CHECK(rule.cfa_register == 6);
    CHECK(rule.offset == -8);
    CHECK(rule.rbp == saved_where::at_rbp);
  }

  SECTION("of a linkage table") {
    append_fde(section, 0x10100, 0x10,
               {0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22});
    auto const table = parsed(section);
    CHECK(table.find(0x100)->kind == cfa_kind::plt);
    CHECK(table.find(0x100)->addend == 11);
  }

  SECTION("that are restored to an earlier row") {
    append_fde(section, 0x10100, 0x10, {0x0a, 0x0e, 24, 0x44, 0x0b});
    auto const table = parsed(section);
    CHECK(table.find(0x103)->offset == 24);
    CHECK(table.find(0x104)->offset == 8);
  }
}

TEST_CASE("What is not supported is no row, and does no harm to others", "[unwind]") {
  auto section = section_with_cie();
  append_fde(section, 0x10100, 0x10, {0x44, 0x3f});     // no such instruction
  append_fde(section, 0x10200, 0x10, {0x0f, 1, 0x31});  // a CFA that is a literal
  append_fde(section, 0x10300, 0x10, {0x0b});           // restores what was not remembered
  append_fde(section, 0x20000, 0x10, {});               // outside the text
  append_fde(section, 0x10ff8, 0x10, {});               // half outside
  append_fde(section, 0x10400, 0, {});                  // of no size
  append_fde(section, 0x10108, 0x10, {});               // overlaps
  append_fde(section, 0x10500, 0x10, {});
  auto const table = parsed(section);

  CHECK(table.find(0x103)->offset == 8);
  CHECK(table.find(0x104)->kind == cfa_kind::unknown);
  CHECK(table.find(0x200)->kind == cfa_kind::unknown);
  CHECK(table.find(0x300)->kind == cfa_kind::unknown);
  CHECK(table.find(0x500)->kind == cfa_kind::reg);
  CHECK(table.counts().functions == 4);
  CHECK(table.counts().skipped == 4);
  CHECK(table.counts().unsupported == 3);
}

TEST_CASE("A section that is cut off anywhere gives some table", "[unwind]") {
  auto section = section_with_cie();
  append_fde(section, 0x10100, 0x20, {0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6});
  for (std::size_t size = 0; size < section.size(); ++size) {
    auto const table = parsed({section.begin(), section.begin() + static_cast<long>(size)});
    CHECK(table.counts().functions == 0);
    REQUIRE(table.find(0x100));
    CHECK(table.find(0x100)->kind == cfa_kind::unknown);
    CHECK_FALSE(table.find(0x2000));
  }
}
