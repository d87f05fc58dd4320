#pragma once

#include <loopscope/heap/futex_lock.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace loopscope::heap {

/// The different stacks that allocated, by number: an id is given once and never taken back.
///
/// Memory comes straight from the kernel and stays: 48 bytes a stack and 8 a frame.
/// \thread any; a look-up takes no lock. Constant-initialized.
class stack_table {
 public:
  static constexpr std::size_t deepest = 32;             ///< frames of a stack that are kept
  static constexpr std::uint32_t most_stacks = 1 << 19;  ///< more have the id 0

  constexpr stack_table() = default;
  stack_table(stack_table const&) = delete;
  stack_table& operator=(stack_table const&) = delete;
  ~stack_table() = default;

  /// \param pcs  return addresses, innermost first; at most `deepest` are looked at.
  /// \return  its id, above 0; 0 if it is new and there is no room.
  std::uint32_t id_of(std::span<std::uint64_t const> pcs) noexcept;

  /// Counts an allocation of `bytes` by this stack.
  void count(std::uint32_t id, std::uint64_t bytes) noexcept;

  struct entry {
    std::span<std::uint64_t const> pcs;
    std::uint64_t objects = 0;  ///< that were counted, freed or not
    std::uint64_t bytes = 0;
  };
  /// \param id  in [1, size()].
  [[nodiscard]] entry at(std::uint32_t id) noexcept;

  /// Stops additions: for a fork, and not for long.
  void lock() noexcept { lock_.lock(); }
  void unlock() noexcept { lock_.unlock(); }

  /// The latest id.
  [[nodiscard]] std::uint32_t size() const noexcept {
    return size_.load(std::memory_order_acquire);
  }

 private:
  struct record;

  std::uint32_t add(std::span<std::uint64_t const> pcs, std::uint64_t hash) noexcept;
  bool prepare() noexcept;
  record* make_record(std::span<std::uint64_t const> pcs, std::uint64_t hash) noexcept;
  std::uint32_t find(std::span<std::uint64_t const> pcs, std::uint64_t hash,
                     std::size_t& slot) const noexcept;

  futex_lock lock_;  // of all that add
  std::atomic<std::atomic<std::uint32_t>*> index_{nullptr};
  record** records_ = nullptr;  // by id
  std::byte* arena_ = nullptr;
  std::size_t arena_left_ = 0;
  std::atomic<std::uint32_t> size_{0};
};

}  // namespace loopscope::heap
