#pragma once

#include <atomic>
#include <sched.h>

namespace loopscope::heap {

/// A lock for a few instructions: it allocates nothing, and may be held across fork().
class spin_lock {
 public:
  void lock() noexcept {
    for (int tries = 0; locked_.exchange(true, std::memory_order_acquire); ++tries)
      if (tries >= busy_tries) sched_yield();
  }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }

 private:
  static constexpr int busy_tries = 32;

  std::atomic<bool> locked_{false};
};

}  // namespace loopscope::heap
