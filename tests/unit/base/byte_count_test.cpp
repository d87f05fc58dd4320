#include "support/catch.hpp"

#include <loopscope/base/byte_count.hpp>

using namespace loopscope;

TEST_CASE("Byte counts", "[base]") {
  SECTION("have binary units") {
    CHECK(bytes(7).value == 7);
    CHECK(kibibytes(3).value == 3ULL * 1024);
    CHECK(mebibytes(2048).value == 2048ULL * 1024 * 1024);
    CHECK(byte_count{}.value == 0);
  }

  SECTION("add up and compare") {
    auto total = kibibytes(1) + bytes(1);
    CHECK(total == bytes(1025));
    total += bytes(10);
    total -= kibibytes(1);
    CHECK(total == bytes(11));
    CHECK(kibibytes(1) < bytes(1025));
    CHECK(mebibytes(1) >= kibibytes(1024));
  }
}
