#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>

namespace loopscope::cpu {

/// Lends an object to a signal handler, and takes it back without waiting for ever.
///
/// A handler may be kept from leaving for any time: a debugger has stopped its thread. What it
/// still uses then is kept aside, and freed by a later loan, once it has left. One loan at a time,
/// by one lender. It has no destructor: a signal may come until the very end of the process.
/// \thread use(): any, in signal handlers too; it takes no lock and allocates nothing. The others:
///         the lender's.
template <class T>
class signal_loan {
 public:
  /// \return the object, for the owner; null, and nothing happens, if there is a loan already or
  ///         handlers are stuck in every place.
  T* lend(std::unique_ptr<T> object) noexcept {
    if (claimed_.exchange(true)) return nullptr;
    for (auto& each : places_) {
      if (!free(each)) continue;
      each.object = object.release();
      lent_.store(&each);
      return each.object;
    }
    claimed_.store(false);
    return nullptr;
  }

  /// Calls `with(object)` if there is one. What runs in it is waited for only so long.
  template <class F>
  void use(F&& with) noexcept {
    auto* const at = lent_.load();
    if (!at) return;
    // Places are never freed, so its counter is there even if the loan has ended meanwhile. It has
    // not if it is still the one that is lent, and then it waits for us.
    at->users.fetch_add(1);
    if (lent_.load() == at) with(*at->object);
    at->users.fetch_sub(1);
  }

  /// Nobody new gets to the object, and its user has `patience` to leave. It stays the
  /// owner's to read until release().
  /// \return whether all have left.
  bool withdraw(std::chrono::milliseconds patience) noexcept {
    constexpr std::chrono::microseconds pause{50};  // a handler takes less, as a rule
    auto const* const at = lent_.exchange(nullptr);
    auto const end = std::chrono::steady_clock::now() + patience;
    while (at && at->users.load() != 0) {
      if (std::chrono::steady_clock::now() >= end) return false;
      std::this_thread::sleep_for(pause);
    }
    return true;
  }

  /// Ends the loan, after withdraw(), and frees what nobody uses.
  void release() noexcept {
    for (auto& each : places_) free(each);
    claimed_.store(false);
  }

 private:
  struct place {
    std::atomic<int> users{0};
    T* object = nullptr;
  };

  // The order of all these operations matters, hence the strictest one everywhere.
  static bool free(place& which) noexcept {
    if (which.users.load() != 0) return false;
    delete which.object;
    which.object = nullptr;
    return true;
  }

  std::array<place, 4> places_{};
  std::atomic<place*> lent_{nullptr};
  std::atomic<bool> claimed_{false};
};

}  // namespace loopscope::cpu
