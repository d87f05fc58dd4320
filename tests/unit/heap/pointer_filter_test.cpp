#include "support/catch.hpp"

#include <loopscope/heap/pointer_filter_impl.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

using namespace loopscope;

namespace {

// Words of an object, and the blocks that they point to.
using words = std::vector<std::uint64_t>;
using pointers = std::vector<std::pair<std::size_t, std::uint32_t>>;  // of a word, to a block

// Blocks of 16 bytes from 1000 on, side by side.
constexpr std::uint64_t at(std::uint32_t block, std::uint64_t offset = 0) {
  return 1000 + block * 16 + offset;
}

pointers found_in(words const& object) {
  constexpr std::uint32_t count = 8;
  std::vector<heap::live_block> blocks;
  for (std::uint32_t i = 0; i < count; ++i) {
    blocks.emplace_back();
    blocks.back().address = at(i);
    blocks.back().size = 16;
  }
  heap::block_index const index{blocks};
  heap::pointer_filter filter{index, blocks};
  pointers found;
  auto const tell = [&](std::uint64_t address, std::uint32_t to) {
    found.emplace_back(address / sizeof(std::uint64_t), to);
  };
  filter.begin_object();
  for (std::size_t i = 0; i < object.size(); ++i)
    filter.take(i * sizeof(std::uint64_t), object[i], tell);
  filter.end_object(tell);
  return found;
}

}  // namespace

TEST_CASE("Pointers into blocks are found, each block once among a few words", "[heap]") {
  CHECK(found_in({0, at(3), 7, at(5, 15), at(3, 4), 999}) == pointers{{1, 3}, {3, 5}});
  CHECK(found_in({at(7, 16), at(0) - 1}).empty());
}

TEST_CASE("Pointers to blocks that lie side by side are all found", "[heap]") {
  CHECK(found_in({at(0), at(1), at(2), at(3)}) == pointers{{0, 0}, {1, 1}, {2, 2}, {3, 3}});
  CHECK(found_in({at(0), at(1)}) == pointers{{0, 0}, {1, 1}});
  CHECK(found_in({at(0), at(1), 0, at(2), at(3), at(5)}) ==
        pointers{{0, 0}, {1, 1}, {3, 2}, {4, 3}, {5, 5}});
  CHECK(found_in({at(2), at(1), at(0)}) == pointers{{0, 2}, {1, 1}, {2, 0}});
}

TEST_CASE("The end of a range does not point to the block behind it", "[heap]") {
  auto const [object, found] = GENERATE(table<words, pointers>({
      {{at(0), at(1), at(1)}, {{0, 0}}},                                  // a vector that is full
      {{at(0), at(0, 8), at(1)}, {{0, 0}}},                               // one with room
      {{at(0), at(0), at(1)}, {{0, 0}}},                                  // an empty one
      {{at(0, 4), at(0), at(1), 5000}, {{0, 0}}},                         // a deque's iterator
      {{at(0), at(0, 4), at(0, 8), at(1), at(1)}, {{0, 0}}},              // a buffer with marks
      {{at(0), at(1), at(1), at(1), at(1, 8), at(2)}, {{0, 0}, {3, 1}}},  // two vectors
      {{at(0), at(1), at(1), at(3)}, {{0, 0}, {3, 3}}},  // a pointer behind a vector
  }));
  CAPTURE(object);

  CHECK(found_in(object) == found);
}

TEST_CASE("A word behind a gap ends no range", "[heap]") {
  CHECK(found_in({at(0), 0, at(1), at(1)}) == pointers{{0, 0}, {2, 1}});
}
