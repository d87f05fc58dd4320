#include <loopscope/heap/sampling.hpp>
#include <loopscope/heap/tracker.hpp>
#include <loopscope/unwind/stack_bounds.hpp>

#include <algorithm>
#include <array>
#include <pthread.h>
#include <tuple>

namespace loopscope::heap {

namespace {

enum class bounds_state : std::uint8_t { unknown, asking, known };

// Of the calling thread's stack. Asking for it may free memory, and so come here again.
struct stack_limits {
  bounds_state state = bounds_state::unknown;
  unwind::address_range where;
};
constinit thread_local stack_limits own_limits;

void ask_limits() noexcept {
  own_limits.state = bounds_state::asking;
  auto const bounds = unwind::own_stack();
  own_limits = {bounds_state::known, bounds};
  process_tracker.threads.add(bounds);
}

// Frame pointers: the caller's frame is linked from `frame`, its code behind it. On a stack that
// is not the thread's, of a fiber, only the first is certain to be one.
std::size_t walk(std::uint64_t const* frame,
                 std::array<std::uint64_t, stack_table::deepest>& pcs) noexcept {
  if (own_limits.state == bounds_state::unknown) ask_limits();
  auto const end = own_limits.where.end;
  std::size_t depth = 0;
  pcs[depth++] = frame[1];
  auto const begin = reinterpret_cast<std::uintptr_t>(frame);
  if (!own_limits.where.holds(begin)) return depth;
  // NOLINTBEGIN(performance-no-int-to-ptr): frames hold addresses
  for (auto before = begin; depth < pcs.size();) {
    auto const next = *reinterpret_cast<std::uint64_t const*>(before);
    if (next <= before || next > end - 2 * sizeof(std::uint64_t) || next % 8 != 0) break;
    auto const pc = reinterpret_cast<std::uint64_t const*>(next)[1];
    if (pc == 0) break;
    pcs[depth++] = pc;
    before = next;
  }
  // NOLINTEND(performance-no-int-to-ptr)
  return depth;
}

// A child that the program forks may allocate, so no other thread may hold a lock then. Ours is
// forked by _Fork(), which calls none of these.
void lock_for_fork() noexcept {
  process_tracker.stacks.lock();
  process_tracker.blocks.lock_all();
}

void unlock_after_fork() noexcept {
  process_tracker.blocks.unlock_all();
  process_tracker.stacks.unlock();
}

void watch_forks() noexcept {
  static auto const refused = pthread_atfork(lock_for_fork, unlock_after_fork, unlock_after_fork);
  std::ignore = refused;  // there was no memory: forks are as they would be without
}

}  // namespace

constinit tracker process_tracker;

std::string_view to_text(tracking_mode mode) noexcept {
  switch (mode) {
    case tracking_mode::off:
      return "off";
    case tracking_mode::sampled:
      return "sampled";
    case tracking_mode::exact:
      return "exact";
  }
  return "unknown";
}

std::optional<tracking_mode> parse_tracking_mode(std::string_view text) noexcept {
  for (auto const each : {tracking_mode::off, tracking_mode::sampled, tracking_mode::exact})
    if (text == to_text(each)) return each;
  return std::nullopt;
}

tracking_mode best_tracking() noexcept {
  if (process_tracker.has_hooks) return tracking_mode::exact;
  return sampling_is_available() ? tracking_mode::sampled : tracking_mode::off;
}

result<void> set_tracking(tracking_mode mode) {
  if (mode > best_tracking()) return errc::unsupported;
  auto& all = process_tracker;
  sample_allocations(mode != tracking_mode::off);
  if (mode == tracking_mode::exact) {
    watch_forks();
    all.blocks.open();
    all.is_exact = true;
  } else {
    all.is_exact = false;
    all.blocks.close();
  }
  all.mode = mode;
  return {};
}

// Neither can fail: every mode up to the best is there, and `off` always.
tracking_scope::tracking_scope(tracking_mode wanted) {
  std::ignore = set_tracking(std::min(wanted, best_tracking()));
}

tracking_scope::~tracking_scope() {
  std::ignore = set_tracking(tracking_mode::off);
}

void record_allocation(void const* block, std::size_t size, void const* frame) noexcept {
  auto& all = process_tracker;
  std::array<std::uint64_t, stack_table::deepest> pcs;
  auto const depth = walk(static_cast<std::uint64_t const*>(frame), pcs);
  auto const stack = all.stacks.id_of({pcs.data(), depth});
  all.stacks.count(stack, size);
  all.blocks.insert(reinterpret_cast<std::uintptr_t>(block), size, stack);
}

void record_free(void const* block) noexcept {
  process_tracker.blocks.erase(reinterpret_cast<std::uintptr_t>(block));
}

}  // namespace loopscope::heap
