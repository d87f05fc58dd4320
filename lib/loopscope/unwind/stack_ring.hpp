#pragma once

#include <loopscope/unwind/table_walker.hpp>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace loopscope::unwind {

/// Deeper stacks lose their outermost frames.
inline constexpr std::size_t max_depth = 1024;

/// One sample as the signal handler takes it.
struct stack_sample {
  std::uint64_t time_ns;
  std::string_view const* label;
  std::uint32_t overruns;
  walk_end end;
  std::span<std::uint64_t const> pcs;  ///< innermost first, at most max_depth
};

/// Hands samples from a signal handler to the thread that drains, without a lock. A sample takes as
/// much room as its stack is deep.
/// \thread one producer, one consumer
class stack_ring {
  // What precedes a sample's stack.
  struct head {
    std::uint64_t time_ns;
    std::string_view const* label;
    std::uint32_t overruns;
    std::uint16_t depth;
    walk_end end;
    std::uint8_t reserved = 0;  // no padding: its bits would be indeterminate
  };
  static constexpr std::size_t head_words = sizeof(head) / sizeof(std::uint64_t);
  static_assert(sizeof(head) == 24 && max_depth <= 0xffff);

 public:
  /// In words of 8 bytes, 2 MiB: two seconds at 1000 Hz of stacks with 128 frames.
  static constexpr std::size_t capacity = std::size_t{1} << 18;
  static_assert(std::has_single_bit(capacity));

  /// Words that a sample takes.
  static constexpr std::size_t size_of(std::size_t depth) noexcept { return head_words + depth; }

  stack_ring() : words_(capacity) {}

  /// Copies the sample, or counts it as dropped if there is no room. Producer; async-signal-safe.
  void push(stack_sample const& sample) noexcept {
    auto at = end_.load(std::memory_order_relaxed);
    auto const used = at - begin_.load(std::memory_order_acquire);
    if (size_of(sample.pcs.size()) > capacity - used) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    head const first{sample.time_ns, sample.label, sample.overruns,
                     static_cast<std::uint16_t>(sample.pcs.size()), sample.end};
    for (auto const word : std::bit_cast<std::array<std::uint64_t, head_words>>(first))
      words_[at++ % capacity] = word;
    for (auto const pc : sample.pcs) words_[at++ % capacity] = pc;
    end_.store(at, std::memory_order_release);
  }

  /// Calls `take(sample)` for every sample that is there; its `pcs` live until it returns.
  /// Consumer.
  template <class F>
  void drain(F&& take) {
    std::vector<std::uint64_t> pcs;
    auto const end = end_.load(std::memory_order_acquire);
    for (auto at = begin_.load(std::memory_order_relaxed); at != end;) {
      std::array<std::uint64_t, head_words> words{};
      for (auto& word : words) word = words_[at++ % capacity];
      auto const first = std::bit_cast<head>(words);
      pcs.resize(first.depth);
      for (auto& pc : pcs) pc = words_[at++ % capacity];
      take(stack_sample{first.time_ns, first.label, first.overruns, first.end, pcs});
      begin_.store(at, std::memory_order_release);
    }
  }

  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

 private:
  std::vector<std::uint64_t> words_;
  std::atomic<std::uint64_t> end_{0};    // words written since the start
  std::atomic<std::uint64_t> begin_{0};  // and words read
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace loopscope::unwind
