#include <loopscope/heap/pages_impl.hpp>
#include <loopscope/heap/stack_table.hpp>

#include <algorithm>
#include <mutex>
#include <new>

namespace loopscope::heap {

namespace {

constexpr std::size_t index_slots = std::size_t{stack_table::most_stacks} * 2;
constexpr std::size_t arena_bytes = std::size_t{1} << 20;

// Bytes in the lower bits, objects above: one atomic addition counts both.
constexpr unsigned count_shift = 40;
constexpr std::uint64_t one_object = std::uint64_t{1} << count_shift;
constexpr std::uint64_t bytes_mask = one_object - 1;
// Above one of these the figures move to where there is room, long before a field overflows.
constexpr std::uint64_t many_objects = std::uint64_t{1} << 63;
constexpr std::uint64_t many_bytes = std::uint64_t{1} << 34;

std::uint64_t hash_of(std::span<std::uint64_t const> pcs) noexcept {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
  std::uint64_t hash = pcs.size();
  for (auto const pc : pcs) hash = (((hash << 7) | (hash >> 57)) ^ pc) * golden;
  return hash ^ (hash >> 32);
}

}  // namespace

struct stack_table::record {
  std::uint64_t hash = 0;
  std::atomic<std::uint64_t> recent{0};  // packed
  std::atomic<std::uint64_t> objects{0};
  std::atomic<std::uint64_t> bytes{0};
  std::uint64_t depth = 0;

  [[nodiscard]] std::uint64_t* pcs() noexcept {
    return reinterpret_cast<std::uint64_t*>(this + 1);  // they lie behind it
  }
  [[nodiscard]] std::uint64_t const* pcs() const noexcept {
    return reinterpret_cast<std::uint64_t const*>(this + 1);
  }
  [[nodiscard]] bool is(std::span<std::uint64_t const> of, std::uint64_t its_hash) const noexcept {
    return hash == its_hash && depth == of.size() && std::equal(of.begin(), of.end(), pcs());
  }
  void move(std::uint64_t packed) noexcept {
    objects.fetch_add(packed >> count_shift, std::memory_order_relaxed);
    bytes.fetch_add(packed & bytes_mask, std::memory_order_relaxed);
  }
};

std::uint32_t stack_table::id_of(std::span<std::uint64_t const> pcs) noexcept {
  pcs = pcs.first(std::min(pcs.size(), deepest));
  auto const hash = hash_of(pcs);
  std::size_t slot = 0;
  if (index_.load(std::memory_order_acquire))
    if (auto const id = find(pcs, hash, slot); id != 0) return id;
  std::scoped_lock const adding{lock_};
  return add(pcs, hash);
}

// \return 0 if it is not there, and the slot where it belongs.
std::uint32_t stack_table::find(std::span<std::uint64_t const> pcs, std::uint64_t hash,
                                std::size_t& slot) const noexcept {
  auto const* const index = index_.load(std::memory_order_acquire);
  for (slot = hash % index_slots;; slot = (slot + 1) % index_slots) {
    auto const id = index[slot].load(std::memory_order_acquire);
    if (id == 0 || records_[id]->is(pcs, hash)) return id;
  }
}

std::uint32_t stack_table::add(std::span<std::uint64_t const> pcs, std::uint64_t hash) noexcept {
  if (!prepare()) return 0;
  std::size_t slot = 0;
  if (auto const id = find(pcs, hash, slot); id != 0) return id;  // by another thread meanwhile
  auto const id = size_.load(std::memory_order_relaxed) + 1;
  auto* const made = id < most_stacks ? make_record(pcs, hash) : nullptr;
  if (!made) return 0;
  records_[id] = made;
  index_.load(std::memory_order_relaxed)[slot].store(id, std::memory_order_release);
  size_.store(id, std::memory_order_release);
  return id;
}

bool stack_table::prepare() noexcept {
  if (index_.load(std::memory_order_relaxed)) return true;
  // NOLINTNEXTLINE(bugprone-sizeof-expression): a list of pointers
  if (!records_) records_ = static_cast<record**>(map_pages(most_stacks * sizeof(record*)));
  // Zeroed pages are atomics that are 0. Only what is used becomes resident.
  auto* const pages =
      records_ ? map_pages(index_slots * sizeof(std::atomic<std::uint32_t>)) : nullptr;
  index_.store(static_cast<std::atomic<std::uint32_t>*>(pages), std::memory_order_release);
  return pages != nullptr;
}

stack_table::record* stack_table::make_record(std::span<std::uint64_t const> pcs,
                                              std::uint64_t hash) noexcept {
  auto const size = sizeof(record) + pcs.size_bytes();
  if (arena_left_ < size) {
    auto* const pages = map_pages(arena_bytes);
    if (!pages) return nullptr;
    arena_ = static_cast<std::byte*>(pages);
    arena_left_ = arena_bytes;
  }
  auto* const made = new (arena_) record;
  arena_ += size;
  arena_left_ -= size;
  made->hash = hash;
  made->depth = pcs.size();
  std::copy(pcs.begin(), pcs.end(), made->pcs());
  return made;
}

void stack_table::count(std::uint32_t id, std::uint64_t bytes) noexcept {
  if (id == 0) return;
  auto& one = *records_[id];
  if (bytes >= many_bytes) {
    one.objects.fetch_add(1, std::memory_order_relaxed);
    one.bytes.fetch_add(bytes, std::memory_order_relaxed);
    return;
  }
  auto const before = one.recent.fetch_add(one_object + bytes, std::memory_order_relaxed);
  if (before >= many_objects || (before & bytes_mask) >= many_bytes)
    one.move(one.recent.exchange(0, std::memory_order_relaxed));
}

stack_table::entry stack_table::at(std::uint32_t id) noexcept {
  auto& one = *records_[id];
  one.move(one.recent.exchange(0, std::memory_order_relaxed));
  return {{one.pcs(), one.depth},
          one.objects.load(std::memory_order_relaxed),
          one.bytes.load(std::memory_order_relaxed)};
}

}  // namespace loopscope::heap
