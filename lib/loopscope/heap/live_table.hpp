#pragma once

#include <loopscope/heap/futex_lock.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace loopscope::heap {

/// An allocation that has not been freed.
struct live_block {
  std::uint64_t address = 0;
  std::uint64_t size = 0;   ///< in bytes, as asked for
  std::uint32_t stack = 0;  ///< id in the stack_table
  std::uint32_t id = 0;     ///< 0 until a snapshot sees it; then for its life, never used again
};

/// The live allocations of the process by address: hash tables in shards, each with its lock.
///
/// Takes 32 to 64 bytes a block, straight from the kernel. An insertion may move a shard, 0.4 % of
/// all blocks. \thread any; constant-initialized, so that it works before and after main.
class live_table {
 public:
  static constexpr std::size_t shard_count = 256;

  constexpr live_table() = default;
  live_table(live_table const&) = delete;
  live_table& operator=(live_table const&) = delete;
  ~live_table() = default;

  /// From now on insert() inserts.
  void open() noexcept;

  /// Forgets every block and gives the memory back; insert() does nothing until open().
  void close() noexcept;

  /// Of a block that nobody else knows yet. One that is lost for want of memory is counted.
  void insert(std::uint64_t address, std::uint64_t size, std::uint32_t stack) noexcept;

  /// Has to come before the block is freed. Any other address is left alone.
  void erase(std::uint64_t address) noexcept;

  struct totals {
    std::uint64_t blocks = 0;
    std::uint64_t bytes = 0;        ///< of the blocks
    std::uint64_t table_bytes = 0;  ///< what the table takes
    std::uint64_t lost = 0;         ///< blocks that found no room since open()
  };
  [[nodiscard]] totals count() noexcept;

  /// Gives every block an id, and each one that is inserted until end_ids(). Holds one shard's lock
  /// at a time. `visit` is told each block, under the lock: it must not allocate on the heap.
  template <class Visit>  // Visit: (live_block const&) -> void
  void begin_ids(Visit visit) noexcept {
    assigning_.store(true, std::memory_order_relaxed);
    for (auto& each : shards_) give_ids(each, visit);
  }
  void end_ids() noexcept { assigning_.store(false, std::memory_order_relaxed); }

  /// Ids are not used again: after a thousand snapshots with a million new blocks each, captures
  /// could not hold any more of them. Some are left for what is inserted until end_ids().
  static constexpr std::uint32_t most_ids = 0x3ff0'0000;
  [[nodiscard]] bool has_ids_left() const noexcept {
    return next_id_.load(std::memory_order_relaxed) <= most_ids;
  }

  /// Stops every insertion and erasure: for a fork, and not for long.
  void lock_all() noexcept;
  void unlock_all() noexcept;

  /// The block at this address, or one without an address. Between lock_all() and unlock_all().
  [[nodiscard]] live_block find_locked(std::uint64_t address) const noexcept;

  /// The slots of a shard; those without an address are free. Between lock_all() and unlock_all(),
  /// or in a child that was forked there.
  [[nodiscard]] std::span<live_block const> slots_locked(std::size_t index) const noexcept {
    return {shards_[index].slots, shards_[index].capacity};
  }
  [[nodiscard]] std::uint64_t blocks_locked() const noexcept;

 private:
  struct alignas(64) shard {
    futex_lock lock;
    bool is_open = false;
    live_block* slots = nullptr;
    std::size_t capacity = 0;  // a power of two, or 0
    std::size_t blocks = 0;
    std::uint64_t bytes = 0;
    std::uint64_t lost = 0;
  };

  template <class Visit>
  void give_ids(shard& of, Visit& visit) noexcept {
    of.lock.lock();
    for (auto* each = of.slots; each != of.slots + of.capacity; ++each) {
      if (each->address == 0) continue;
      if (each->id == 0) each->id = next_id();
      visit(static_cast<live_block const&>(*each));
    }
    of.lock.unlock();
  }

  std::uint32_t next_id() noexcept { return next_id_.fetch_add(1, std::memory_order_relaxed); }
  static std::uint64_t hash_of(std::uint64_t address) noexcept;
  shard& shard_of(std::uint64_t hash) noexcept { return shards_[hash >> 56]; }
  static live_block* find(shard& in, std::uint64_t hash, std::uint64_t address) noexcept;
  static bool resize(shard& one, std::size_t capacity) noexcept;
  static void remove(shard& from, live_block* slot) noexcept;

  std::array<shard, shard_count> shards_{};
  std::atomic<std::uint32_t> next_id_{1};
  std::atomic<bool> assigning_{false};
};

}  // namespace loopscope::heap
