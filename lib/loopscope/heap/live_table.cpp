#include <loopscope/heap/live_table.hpp>
#include <loopscope/heap/pages_impl.hpp>

namespace loopscope::heap {

namespace {

constexpr std::size_t least_capacity = 128;

// At most three quarters full.
bool is_full(std::size_t blocks, std::size_t capacity) noexcept {
  return blocks * 4 >= capacity * 3;
}

}  // namespace

std::uint64_t live_table::hash_of(std::uint64_t address) noexcept {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
  auto const mixed = (address >> 4) * golden;  // blocks begin at multiples of 16, most of them
  return mixed ^ (mixed >> 32);
}

void live_table::open() noexcept {
  for (auto& each : shards_) {
    each.lock.lock();
    each.is_open = true;
    each.lock.unlock();
  }
}

void live_table::close() noexcept {
  for (auto& each : shards_) {
    each.lock.lock();
    unmap_pages(each.slots, each.capacity * sizeof(live_block));
    each.is_open = false;
    each.slots = nullptr;
    each.capacity = each.blocks = 0;
    each.bytes = each.lost = 0;
    each.lock.unlock();
  }
}

// The block's slot, or the free one where it belongs. Some slot is free.
live_block* live_table::find(shard& in, std::uint64_t hash, std::uint64_t address) noexcept {
  auto const mask = in.capacity - 1;
  auto at = hash & mask;
  while (in.slots[at].address != 0 && in.slots[at].address != address) at = (at + 1) & mask;
  return &in.slots[at];
}

bool live_table::resize(shard& one, std::size_t capacity) noexcept {
  auto* const slots = static_cast<live_block*>(map_pages(capacity * sizeof(live_block)));
  if (!slots) return false;
  auto const before = std::span{one.slots, one.capacity};
  one.slots = slots;
  one.capacity = capacity;
  for (auto const& each : before)
    if (each.address != 0) *find(one, hash_of(each.address), each.address) = each;
  unmap_pages(before.data(), before.size_bytes());
  return true;
}

void live_table::insert(std::uint64_t address, std::uint64_t size, std::uint32_t stack) noexcept {
  auto const hash = hash_of(address);
  auto& one = shard_of(hash);
  one.lock.lock();
  auto const has_room =
      one.is_open && (!is_full(one.blocks + 1, one.capacity) ||
                      resize(one, one.capacity == 0 ? least_capacity : one.capacity * 2));
  if (has_room) {
    auto* const slot = find(one, hash, address);
    if (slot->address != 0)  // its end was not seen
      one.bytes -= slot->size;
    else
      ++one.blocks;
    auto const id = assigning_.load(std::memory_order_relaxed) ? next_id() : 0;
    *slot = {address, size, stack, id};
    one.bytes += size;
  } else if (one.is_open) {
    ++one.lost;
  }
  one.lock.unlock();
}

void live_table::erase(std::uint64_t address) noexcept {
  auto const hash = hash_of(address);
  auto& one = shard_of(hash);
  one.lock.lock();
  if (one.capacity != 0)
    if (auto* const slot = find(one, hash, address); slot->address != 0) remove(one, slot);
  one.lock.unlock();
}

// Moves those that stand behind it up, so that no search ends too early.
void live_table::remove(shard& from, live_block* slot) noexcept {
  from.bytes -= slot->size;
  --from.blocks;
  auto const mask = from.capacity - 1;
  auto hole = static_cast<std::size_t>(slot - from.slots);
  for (auto at = (hole + 1) & mask; from.slots[at].address != 0; at = (at + 1) & mask) {
    auto const home = hash_of(from.slots[at].address) & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;  // it stands behind its home still
    from.slots[hole] = from.slots[at];
    hole = at;
  }
  from.slots[hole] = {};
  auto const is_sparse = from.blocks * 8 < from.capacity && from.capacity > least_capacity;
  if (is_sparse) resize(from, from.capacity / 2);  // without memory it stays as it is
}

live_table::totals live_table::count() noexcept {
  totals all;
  for (auto& each : shards_) {
    each.lock.lock();
    all.blocks += each.blocks;
    all.bytes += each.bytes;
    all.table_bytes += each.capacity * sizeof(live_block);
    all.lost += each.lost;
    each.lock.unlock();
  }
  return all;
}

void live_table::lock_all() noexcept {
  for (auto& each : shards_) each.lock.lock();
}

void live_table::unlock_all() noexcept {
  for (auto& each : shards_) each.lock.unlock();
}

live_block live_table::find_locked(std::uint64_t address) const noexcept {
  auto const hash = hash_of(address);
  auto const& one = shards_[hash >> 56];
  if (one.capacity == 0) return {};
  auto const mask = one.capacity - 1;
  auto at = hash & mask;
  while (one.slots[at].address != 0 && one.slots[at].address != address) at = (at + 1) & mask;
  return one.slots[at];
}

std::uint64_t live_table::blocks_locked() const noexcept {
  std::uint64_t blocks = 0;
  for (auto const& each : shards_) blocks += each.blocks;
  return blocks;
}

}  // namespace loopscope::heap
