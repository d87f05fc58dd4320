#pragma once

#include <loopscope/unwind/unwind_map.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace loopscope::unwind {

/// The map that one thread's signal handler uses now. One per sampled thread.
class map_reader {
 private:
  friend class map_publisher;
  friend class held_map;
  std::atomic<unwind_map const*> held_{nullptr};
};

/// Hands the newest map to signal handlers and frees the others once no handler uses them.
///
/// Hazard pointers: a handler writes down which map it is about to use, then looks whether it is
/// still the published one. The publisher looks at what is written down after it has published.
/// Nobody waits.
/// \thread `held_map` in any signal handler; all else from ordinary code
class map_publisher {
 public:
  map_publisher() = default;
  ~map_publisher();  ///< no handler may be running
  map_publisher(map_publisher const&) = delete;
  map_publisher& operator=(map_publisher const&) = delete;

  /// From here to `remove` the reader must stay where it is, and its handler may use it.
  void add(map_reader& reader);
  void remove(map_reader& reader);

  /// Publishes a map if there is none yet or an object has come or gone since, and frees what no
  /// handler uses any more.
  /// \param always  publish one in any case.
  /// \return  whether one was published.
  /// \throws  bad_alloc
  bool refresh(bool always = false);

  /// Frees what no handler uses any more.
  /// \return  how many maps are left to free.
  std::size_t reclaim();

  /// For ordinary code: valid until the next refresh.
  [[nodiscard]] unwind_map const* current() const noexcept {
    return current_.load(std::memory_order_acquire);
  }

 private:
  friend class held_map;

  std::size_t reclaim_locked();

  std::atomic<unwind_map const*> current_{nullptr};
  std::mutex mutex_;  // of what follows
  std::vector<map_reader*> readers_;
  std::vector<std::unique_ptr<unwind_map const>> retired_;
};

/// In a signal handler: keeps the published map from being freed while it lives. Must not nest on
/// one reader.
class held_map {
 public:
  held_map(map_publisher const& from, map_reader& reader) noexcept : reader_{reader} {
    // Only a publisher that outruns the handler makes it go round again.
    constexpr int max_rounds = 4;
    auto const* map = from.current_.load(std::memory_order_acquire);
    for (int round = 0; round < max_rounds; ++round) {
      reader_.held_.store(map, std::memory_order_seq_cst);
      auto const* const again = from.current_.load(std::memory_order_seq_cst);
      if (again == map) {
        map_ = map;
        return;
      }
      map = again;
    }
  }
  ~held_map() { reader_.held_.store(nullptr, std::memory_order_release); }
  held_map(held_map const&) = delete;
  held_map& operator=(held_map const&) = delete;

  /// Null if there is none.
  [[nodiscard]] unwind_map const* get() const noexcept { return map_; }

 private:
  map_reader& reader_;
  unwind_map const* map_ = nullptr;
};

}  // namespace loopscope::unwind
