#include "support/catch.hpp"

#include <loopscope/model/section_file.hpp>

#include <sstream>
#include <string>

using namespace loopscope;
using model::section_reader;
using model::section_writer;

namespace {

std::string two_sections() {
  std::ostringstream out;
  section_writer file{out};
  file.section(7, "seven");
  file.section(9, "");
  file.finish();
  return out.str();
}

}  // namespace

TEST_CASE("Sections are read as they were written", "[model]") {
  auto const bytes = two_sections();
  auto file = section_reader::open(bytes);
  REQUIRE(file);

  auto const first = file->next();
  auto const second = file->next();
  auto const last = file->next();

  REQUIRE(first);
  CHECK(first->tag == 7);
  CHECK(first->bytes == "seven");
  REQUIRE(second);
  CHECK(second->tag == 9);
  CHECK(second->bytes.empty());
  REQUIRE(last);
  CHECK(last->tag == 0);
}

TEST_CASE("A section that is larger than the file is an error, before it is used", "[model]") {
  auto bytes = two_sections();
  bytes[16 + 8 + 7] = '\x7f';  // the highest byte of the first section's size
  auto file = section_reader::open(bytes);
  REQUIRE(file);

  CHECK(file->next().error() == errc::raw_truncated);
}

TEST_CASE("The last section holds nothing", "[model]") {
  std::ostringstream out;
  section_writer file{out};
  file.section(0, "x");
  auto const bytes = out.str();
  auto read = section_reader::open(bytes);
  REQUIRE(read);

  CHECK(read->next().error() == errc::raw_malformed);
}

TEST_CASE("Values are taken off the front of some bytes", "[model]") {
  std::string bytes;
  model::append_bytes(bytes, std::uint32_t{0x01020304});
  model::append_bytes(bytes, std::uint16_t{0xffff});
  CHECK(bytes == "\x04\x03\x02\x01\xff\xff");
  model::byte_reader from{bytes};

  CHECK(from.take<std::uint32_t>() == 0x01020304);
  CHECK(from.size() == 2);
  CHECK_FALSE(from.failed());
  CHECK(from.take<std::uint32_t>() == 0);
  CHECK(from.failed());
  CHECK(from.take<std::uint8_t>() == 0);  // a reader that has failed stays so
}
