#include "support/catch.hpp"

#include <loopscope/heap/stack_table.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

using namespace loopscope;
using heap::stack_table;
using stack = std::vector<std::uint64_t>;

TEST_CASE("A stack has one id, in the order in which stacks came", "[heap]") {
  auto const owner = std::make_unique<stack_table>();
  auto& table = *owner;

  CHECK(table.size() == 0);
  CHECK(table.id_of(stack{1, 2, 3}) == 1);
  CHECK(table.id_of(stack{1, 2}) == 2);
  CHECK(table.id_of(stack{1, 2, 3}) == 1);
  CHECK(table.id_of(stack{}) == 3);
  CHECK(table.size() == 3);
  auto const first = table.at(1);
  CHECK(stack(first.pcs.begin(), first.pcs.end()) == stack{1, 2, 3});
}

TEST_CASE("Only the innermost frames of a deep stack count", "[heap]") {
  auto const owner = std::make_unique<stack_table>();
  stack deep(stack_table::deepest + 1);
  std::iota(deep.begin(), deep.end(), 1);
  auto other = deep;
  other.back() = 999;

  CHECK(owner->id_of(deep) == owner->id_of(other));
  CHECK(owner->at(1).pcs.size() == stack_table::deepest);
}

TEST_CASE("Allocations are counted without losing any", "[heap]") {
  auto const owner = std::make_unique<stack_table>();
  auto& table = *owner;
  auto const id = table.id_of(stack{1});

  SECTION("small and huge ones") {
    constexpr std::uint64_t huge = std::uint64_t{1} << 34;
    table.count(id, 10);
    table.count(id, huge - 1);
    table.count(id, huge);
    table.count(id, huge + 1);
    for (int i = 0; i < 100; ++i) table.count(id, huge / 2);

    CHECK(table.at(id).objects == 104);
    CHECK(table.at(id).bytes == 10 + 3 * huge + 100 * (huge / 2));
  }

  SECTION("by several threads, while somebody reads") {
    constexpr std::uint64_t each = 300'000;
    std::vector<std::thread> threads;
    threads.reserve(3);
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&table, id] {
        for (std::uint64_t n = 0; n < each; ++n) table.count(id, 100'000);
      });
    for (int i = 0; i < 1000; ++i) CHECK(table.at(id).objects <= 3 * each);
    for (auto& thread : threads) thread.join();

    CHECK(table.at(id).objects == 3 * each);
    CHECK(table.at(id).bytes == 3 * each * 100'000);
  }

  SECTION("more objects than the packed counter holds") {
    constexpr std::uint64_t many = (std::uint64_t{1} << 23) + 1000;
    for (std::uint64_t n = 0; n < many; ++n) table.count(id, 1);

    CHECK(table.at(id).objects == many);
    CHECK(table.at(id).bytes == many);
  }

  SECTION("nothing for no stack") {
    table.count(0, 100);

    CHECK(table.at(id).objects == 0);
  }
}

TEST_CASE("When there are too many stacks, new ones have no id", "[heap]") {
  auto const owner = std::make_unique<stack_table>();
  for (std::uint64_t i = 1; i < stack_table::most_stacks; ++i) owner->id_of(stack{i, i + 1});

  CHECK(owner->size() == stack_table::most_stacks - 1);
  CHECK(owner->id_of(stack{0, 0}) == 0);
  CHECK(owner->id_of(stack{1, 2}) == 1);
}

TEST_CASE("Threads that bring the same stacks agree on their ids", "[heap]") {
  auto const owner = std::make_unique<stack_table>();
  auto& table = *owner;
  constexpr std::uint64_t stacks = 5000;
  std::vector<std::vector<std::uint32_t>> ids(3);
  std::vector<std::thread> threads;
  threads.reserve(ids.size());
  for (auto& mine : ids)
    threads.emplace_back([&table, &mine] {
      for (std::uint64_t i = 0; i < stacks; ++i) mine.push_back(table.id_of(stack{i, 7}));
    });
  for (auto& each : threads) each.join();

  CHECK(ids[0] == ids[1]);
  CHECK(ids[0] == ids[2]);
  CHECK(table.size() == stacks);
}
