#include <loopscope/unwind/stack_walker.hpp>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

namespace loopscope::unwind {

namespace {

#if defined(__x86_64__)
constexpr int frame_pointer_register = UNW_X86_64_RBP;
#elif defined(__aarch64__)
constexpr int frame_pointer_register = UNW_AARCH64_X29;
#else
#error "no frame pointer register is known for this architecture"
#endif

}  // namespace

#if defined(__x86_64__)
void stack_walker::set_place(ucontext_t& context, frame_place const& at) noexcept {
  context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(at.pc);
  context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(at.sp);
  context.uc_mcontext.gregs[REG_RBP] = static_cast<greg_t>(at.frame);
}
#else
void stack_walker::set_place(ucontext_t& context, frame_place const& at) noexcept {
  context.uc_mcontext.pc = at.pc;
  context.uc_mcontext.sp = at.sp;
  context.uc_mcontext.regs[29] = at.frame;
}
#endif

std::size_t stack_walker::walk(ucontext_t& interrupted,
                               std::span<std::uint64_t> to) const noexcept {
  unw_cursor_t cursor;
  if (unw_init_local2(&cursor, &interrupted, UNW_INIT_SIGNAL_FRAME) != 0) return 0;
  std::size_t depth = 0;
  // A leaf may not have set up its frame yet: one step by the tables is always taken.
  auto place = step_into_text(cursor, true, to, depth);
  while (place && depth < to.size()) {
    place = follow_frame_pointers(*place, to, depth);
    if (!place || depth == to.size()) break;
    // Code of another object has called back into ours. Its frames are found by sp, pc and, rarely,
    // the frame pointer; the other registers are stale.
    ucontext_t outside = interrupted;
    set_place(outside, *place);
    if (unw_init_local(&cursor, &outside) != 0) break;
    place = step_into_text(cursor, false, to, depth);
  }
  return depth;
}

// Appends from the cursor's frame on, up to the first one in our text. With `leaf`, the cursor's
// own frame does not count as one.
std::optional<stack_walker::frame_place> stack_walker::step_into_text(
    unw_cursor_t& cursor, bool leaf, std::span<std::uint64_t> to,
    std::size_t& depth) const noexcept {
  for (bool first = true; depth < to.size(); first = false) {
    unw_word_t pc = 0, frame = 0;
    if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 || pc == 0) return std::nullopt;
    if (leaf || !first) to[depth++] = pc;
    if (!first && text_.holds(pc)) {
      if (unw_get_reg(&cursor, frame_pointer_register, &frame) != 0) return std::nullopt;
      return frame_place{pc, frame, 0};
    }
    if (unw_step(&cursor) <= 0) return std::nullopt;
  }
  return std::nullopt;
}

// A frame holds the caller's frame pointer and, above it, the return address. Only what lies on
// the stack and ascends is read, so a wrong pointer ends the walk and nothing else.
// \return the first caller that is not ours.
__attribute__((no_sanitize("address"))) std::optional<stack_walker::frame_place>
stack_walker::follow_frame_pointers(frame_place from, std::span<std::uint64_t> to,
                                    std::size_t& depth) const noexcept {
  constexpr auto word = sizeof(std::uintptr_t);
  for (auto frame = from.frame; depth < to.size();) {
    if (frame % word != 0 || !stack_.holds(frame) || !stack_.holds(frame + 2 * word - 1)) break;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the stack that is walked
    auto const* const words = reinterpret_cast<std::uintptr_t const*>(frame);
    auto const caller = words[0];
    auto const pc = words[1];
    if (pc == 0) break;
    to[depth++] = pc;
    if (!text_.holds(pc) && frame != outermost_) return frame_place{pc, caller, frame + 2 * word};
    if (caller <= frame) break;
    frame = caller;
  }
  return std::nullopt;
}

}  // namespace loopscope::unwind
