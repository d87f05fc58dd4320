#include "support/catch.hpp"

#include <profiling_lab/faults/retained_memory.hpp>

#include <algorithm>
#include <cstdint>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace loopscope;

namespace {

// The share of a piece's pages that are in memory. \return 0 to 1.
double resident_share(lab::retained_memory::piece const& piece) {
  auto const page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  auto const into_page = reinterpret_cast<std::uintptr_t>(piece.data.get()) % page;
  auto const length = into_page + piece.size.value;
  std::vector<unsigned char> pages((length + page - 1) / page);
  REQUIRE(mincore(piece.data.get() - into_page, length, pages.data()) == 0);
  auto const resident =
      std::count_if(pages.begin(), pages.end(), [](unsigned char p) { return (p & 1) != 0; });
  return static_cast<double>(resident) / static_cast<double>(pages.size());
}

}  // namespace

TEST_CASE("Retained memory", "[profiling_lab][faults]") {
  lab::retained_memory memory;

  SECTION("is nothing at first") {
    CHECK(memory.count() == 0);
    CHECK(memory.size() == bytes(0));
    CHECK(memory.take_all().empty());
  }

  SECTION("adds up") {
    REQUIRE(memory.retain(mebibytes(1)));
    REQUIRE(memory.retain(mebibytes(2)));

    CHECK(memory.count() == 2);
    CHECK(memory.size() == mebibytes(3));
  }

  SECTION("is really there: every page of it was touched") {
    REQUIRE(memory.retain(mebibytes(8)));

    auto const buffers = memory.take_all();

    REQUIRE(buffers.size() == 1);
    REQUIRE(buffers[0].size() == 1);
    CHECK(buffers[0][0].size == mebibytes(8));
    CHECK(resident_share(buffers[0][0]) == 1);
  }

  SECTION("is forgotten once it is taken, and can grow anew") {
    REQUIRE(memory.retain(mebibytes(1)));
    REQUIRE(memory.retain(mebibytes(1)));

    CHECK(memory.take_all().size() == 2);
    CHECK(memory.count() == 0);
    CHECK(memory.size() == bytes(0));

    REQUIRE(memory.retain(bytes(1)));
    CHECK(memory.count() == 1);
    CHECK(memory.size() == bytes(1));
  }
}
