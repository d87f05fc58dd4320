#include "support/catch.hpp"

#include <loopscope/heap/live_table.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

using namespace loopscope;
using heap::live_block;
using heap::live_table;

namespace {

std::map<std::uint64_t, live_block> blocks_of(live_table& table) {
  std::map<std::uint64_t, live_block> all;
  table.lock_all();
  for (std::size_t i = 0; i < live_table::shard_count; ++i)
    for (auto const& each : table.slots_locked(i))
      if (each.address != 0) all.emplace(each.address, each);
  table.unlock_all();
  return all;
}

struct open_table {
  open_table() { table.open(); }
  ~open_table() { table.close(); }
  live_table table;
};

constexpr std::uint64_t address_of(std::uint64_t i) {
  return 0x7f0000000000 + i * 16;
}

}  // namespace

TEST_CASE("The table of live blocks", "[heap]") {
  auto const owner = std::make_unique<open_table>();
  auto& table = owner->table;

  SECTION("keeps what was inserted until it is erased") {
    table.insert(address_of(1), 100, 7);
    table.insert(address_of(2), 200, 8);
    table.erase(address_of(1));
    table.erase(address_of(3));

    auto const all = blocks_of(table);
    REQUIRE(all.size() == 1);
    CHECK(all.at(address_of(2)).size == 200);
    CHECK(all.at(address_of(2)).stack == 8);
    CHECK(table.count().blocks == 1);
    CHECK(table.count().bytes == 200);
  }

  SECTION("replaces a block whose end was not seen") {
    table.insert(address_of(1), 100, 7);
    table.insert(address_of(1), 30, 8);

    CHECK(table.count().blocks == 1);
    CHECK(table.count().bytes == 30);
  }

  SECTION("agrees with a map, whatever comes and goes") {
    std::map<std::uint64_t, std::uint64_t> expected;
    std::mt19937 random{1};
    for (int i = 0; i < 200'000; ++i) {
      auto const address = address_of(random() % 20'000);
      if (random() % 2 == 0) {
        table.insert(address, i, 1);
        expected[address] = i;
      } else {
        table.erase(address);
        expected.erase(address);
      }
    }

    auto const all = blocks_of(table);
    REQUIRE(all.size() == expected.size());
    for (auto const& [address, size] : expected) CHECK(all.at(address).size == size);
  }

  SECTION("takes at most 96 bytes a block, and gives them back") {
    constexpr std::uint64_t most = 1'000'000;
    for (std::uint64_t i = 1; i <= most; ++i) {
      table.insert(address_of(i), 1, 1);
      if (i < 100'000 || i % 50'000 != 0) continue;
      CAPTURE(i);
      CHECK(table.count().table_bytes <= 96 * i);
    }
    auto const full = table.count().table_bytes;
    for (std::uint64_t i = 1; i <= most; ++i) table.erase(address_of(i));

    CHECK(table.count().blocks == 0);
    CHECK(table.count().table_bytes < full / 8);
  }

  SECTION("is empty after it was closed, and takes nothing then") {
    table.insert(address_of(1), 100, 7);
    table.close();
    table.insert(address_of(2), 100, 7);

    CHECK(table.count().blocks == 0);
    CHECK(table.count().bytes == 0);
    CHECK(table.count().table_bytes == 0);
  }
}

TEST_CASE("A block has one id for its life, and no other block ever has it", "[heap]") {
  auto const owner = std::make_unique<open_table>();
  auto& table = owner->table;
  auto const nothing = [](live_block const&) {};
  for (std::uint64_t i = 1; i <= 1000; ++i) table.insert(address_of(i), 1, 1);

  table.begin_ids(nothing);
  table.insert(address_of(5000), 1, 1);
  table.end_ids();
  table.insert(address_of(5001), 1, 1);
  auto const first = blocks_of(table);
  for (std::uint64_t i = 1; i <= 500; ++i) table.erase(address_of(i));
  for (std::uint64_t i = 1; i <= 250; ++i) table.insert(address_of(i), 1, 1);
  table.begin_ids(nothing);
  table.end_ids();
  auto const second = blocks_of(table);

  std::set<std::uint32_t> ids;
  for (auto const& [address, block] : first) {
    if (address == address_of(5001)) {
      CHECK(block.id == 0);
      continue;
    }
    CHECK(block.id != 0);
    CHECK(ids.insert(block.id).second);
  }
  for (auto const& [address, block] : second) {
    auto const is_old = address > address_of(500) && address != address_of(5001);
    CHECK(block.id != 0);
    CHECK(ids.insert(block.id).second == !is_old);
    if (is_old) CHECK(block.id == first.at(address).id);
  }
}

TEST_CASE("Threads use the table of live blocks together", "[heap]") {
  auto const owner = std::make_unique<open_table>();
  auto& table = owner->table;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  threads.reserve(3);
  for (std::uint64_t of = 0; of < 3; ++of)
    threads.emplace_back([&table, &stop, of] {
      do {
        for (std::uint64_t i = 1; i <= 500; ++i) table.insert(address_of(of * 1000 + i), of, 1);
        for (std::uint64_t i = 1; i <= 500; ++i) table.erase(address_of(of * 1000 + i));
      } while (!stop);
    });

  for (int i = 0; i < 200; ++i) {
    table.begin_ids([](live_block const&) {});
    for (auto const& [address, block] : blocks_of(table)) CHECK(block.id != 0);
    table.end_ids();
    if (i % 50 == 49) {
      table.close();
      table.open();
    }
  }
  stop = true;
  for (auto& each : threads) each.join();

  CHECK(table.count().blocks == 0);
  CHECK(table.count().bytes == 0);
}
