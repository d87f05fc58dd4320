#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace loopscope::heap {

/// A lock for a few instructions: it allocates nothing, and may be held across fork(). Who finds it
/// taken for long sleeps, so that a holder of lower priority can go on.
///
/// Source: Ulrich Drepper, "Futexes Are Tricky", the second mutex; futex(2).
class futex_lock {
 public:
  void lock() noexcept {
    for (int tries = 0; tries < busy_tries; ++tries)
      if (try_lock()) return;
    auto const error = errno;  // operator delete leaves it as it was
    while (state_.exchange(contended, std::memory_order_acquire) != open)
      syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, contended, nullptr);
    errno = error;
  }

  void unlock() noexcept {
    if (state_.exchange(open, std::memory_order_release) == contended)
      syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1);
  }

 private:
  static constexpr int busy_tries = 32;
  static constexpr std::uint32_t open = 0;
  static constexpr std::uint32_t locked = 1;
  static constexpr std::uint32_t contended = 2;  // somebody may sleep

  bool try_lock() noexcept {
    auto expected = open;
    return state_.compare_exchange_strong(expected, locked, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }

  std::atomic<std::uint32_t> state_{open};
  static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
};

}  // namespace loopscope::heap
