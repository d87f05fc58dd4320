#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/heap/live_table.hpp>
#include <loopscope/heap/stack_table.hpp>
#include <loopscope/heap/thread_ranges.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loopscope::heap {

/// What is known of the heap's blocks.
enum class tracking_mode : std::uint8_t {
  off,      ///< nothing: operator new and delete do one load more than the allocator's
  sampled,  ///< by tcmalloc: about one allocation in 512 KiB
  exact,    ///< every operator new, from the moment on at which it is switched on
};

/// As settings, parameters and responses have it.
std::string_view to_text(tracking_mode mode) noexcept;
std::optional<tracking_mode> parse_tracking_mode(std::string_view text) noexcept;

/// What the program's own operator new and delete keep: the process has one, and they find it
/// before main begins. \thread any
struct tracker {
  live_table blocks;
  stack_table stacks;
  known_threads threads;
  std::atomic<bool> is_exact{false};   ///< whether they record
  std::atomic<bool> has_hooks{false};  ///< whether the program is linked with them
  std::atomic<tracking_mode> mode{tracking_mode::off};
};
extern constinit tracker process_tracker;

/// The most that the program can do: `exact` with loopscope::heap_hooks, `sampled` with tcmalloc.
tracking_mode best_tracking() noexcept;

/// Switches between the modes. What was tracked exactly is forgotten by a switch to another mode,
/// and blocks that were allocated before a switch to `exact` are not seen.
/// \return errc::unsupported  the program is not linked with what it takes.
/// \thread any, one at a time
result<void> set_tracking(tracking_mode mode);

/// Tracks the heap as long as it lives: make it before what is to be seen, the loop above all.
/// \thread any; one at a time
class tracking_scope {
 public:
  /// Takes the best mode that there is up to `wanted`.
  explicit tracking_scope(tracking_mode wanted);
  ~tracking_scope();
  tracking_scope(tracking_scope const&) = delete;
  tracking_scope& operator=(tracking_scope const&) = delete;
};

[[nodiscard]] inline tracking_mode current_tracking() noexcept {
  return process_tracker.mode.load(std::memory_order_relaxed);
}

/// For operator new and delete; out of line, as they seldom run.
/// \param frame  of the calling operator: its frame pointer. It allocates nothing.
void record_allocation(void const* block, std::size_t size, void const* frame) noexcept;
void record_free(void const* block) noexcept;

}  // namespace loopscope::heap
