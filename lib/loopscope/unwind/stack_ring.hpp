#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace loopscope::unwind {

/// Deeper stacks lose their outermost frames.
inline constexpr std::size_t max_depth = 128;

/// One sample as the signal handler leaves it.
struct stack_sample {
  std::uint64_t time_ns;
  std::string_view const* label;
  std::uint32_t overruns;
  std::uint32_t depth;
  std::array<std::uint64_t, max_depth> pcs;
};

/// Hands samples from a signal handler to the thread that drains, without a lock.
/// \thread one producer, one consumer
class stack_ring {
 public:
  /// Room for two seconds at 1000 Hz: the consumer drains ten times a second.
  static constexpr std::size_t capacity = 2048;

  stack_ring() : slots_(capacity) {}

  /// A free slot, or null if there is none; the sample then counts as dropped. Producer.
  stack_sample* begin_push() noexcept {
    if (head_.load(std::memory_order_relaxed) - tail_.load(std::memory_order_acquire) == capacity) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return nullptr;
    }
    return &slots_[head_.load(std::memory_order_relaxed) % capacity];
  }

  /// Makes the slot visible. Producer.
  void end_push() noexcept {
    head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  /// Calls `take(slot)` for every sample that is there. Consumer.
  template <class F>
  void drain(F&& take) {
    auto const end = head_.load(std::memory_order_acquire);
    for (auto at = tail_.load(std::memory_order_relaxed); at != end; ++at) {
      take(slots_[at % capacity]);
      tail_.store(at + 1, std::memory_order_release);
    }
  }

  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

 private:
  std::vector<stack_sample> slots_;
  std::atomic<std::uint64_t> head_{0};
  std::atomic<std::uint64_t> tail_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace loopscope::unwind
