#include "support/catch.hpp"

#include <loopscope/base/byte_count.hpp>
#include <loopscope/heap/allocator.hpp>

#include <memory>
#include <optional>

using namespace loopscope;

namespace {

// Memory that is really in use: written to, and not optimized away.
std::unique_ptr<char[]> touched(byte_count size) {
  auto block = std::make_unique<char[]>(size.value);  // which writes zeros
  asm volatile("" : : "r"(block.get()) : "memory");
  return block;
}

}  // namespace

TEST_CASE("The allocator's figures follow the program", "[heap]") {
  constexpr auto size = mebibytes(16);
  auto const before = heap::read_allocator_stats();
  if (!before) {
    SUCCEED("this build does not run on tcmalloc");
    CHECK_FALSE(heap::read_allocator_stats());
    return;
  }

  SECTION("allocated memory grows and shrinks with it") {
    auto block = touched(size);
    auto const during = heap::read_allocator_stats();
    block.reset();
    auto const after = heap::read_allocator_stats();

    CHECK(during->allocated >= before->allocated + size);
    CHECK(during->allocated < before->allocated + size + mebibytes(1));
    CHECK(after->allocated < before->allocated + mebibytes(1));
  }

  SECTION("a part of what was taken from the system") {
    CHECK(before->allocated > bytes(0));
    CHECK(before->allocated <= before->heap);
    CHECK(before->thread_cache + before->central_cache < before->heap);
  }

  SECTION("freed pages are kept until they are released") {
    touched(size).reset();
    auto const kept = heap::read_allocator_stats();
    heap::release_free_memory();
    auto const released = heap::read_allocator_stats();

    CHECK(kept->page_heap_free + kept->page_heap_unmapped >= size);
    CHECK(released->page_heap_free < kept->page_heap_free + bytes(1));
    CHECK(released->page_heap_unmapped >= size);
    CHECK(released->page_heap_free < mebibytes(1));
  }
}

TEST_CASE("Releasing free memory", "[heap]") {
  SECTION("leaves what is in use alone") {
    auto const block = touched(mebibytes(1));
    auto& first = block[0];
    auto& last = block[mebibytes(1).value - 1];
    first = last = 1;  // pages that were given back would read as zeros
    heap::release_free_memory();
    heap::release_free_memory();

    CHECK(first == 1);
    CHECK(last == 1);
  }
}
