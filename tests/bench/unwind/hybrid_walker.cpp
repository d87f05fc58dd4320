#include "hybrid_walker.hpp"

#include <loopscope/unwind/stack_bounds.hpp>

#include <link.h>

namespace bench {

namespace {

using loopscope::unwind::address_range;
constexpr std::uintptr_t word = sizeof(std::uintptr_t);

// The first object that is reported is the executable.
int read_text(dl_phdr_info* object, std::size_t /*size*/, void* out) {
  for (auto const& segment : std::span{object->dlpi_phdr, object->dlpi_phnum}) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    auto const begin = object->dlpi_addr + segment.p_vaddr;
    *static_cast<address_range*>(out) = {begin, begin + segment.p_memsz};
    break;
  }
  return 1;
}

address_range executable_text() {
  address_range text;
  dl_iterate_phdr(read_text, &text);
  return text;
}

std::uintptr_t const* words_at(std::uintptr_t frame) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the stack that is walked
  return reinterpret_cast<std::uintptr_t const*>(frame);
}

bool holds_frame(address_range stack, std::uintptr_t frame) {
  return frame % word == 0 && stack.holds(frame) && stack.holds(frame + 2 * word - 1);
}

// The frame of the thread's first function in that text. What called it is the C library's start.
std::uintptr_t outermost_frame(address_range stack, address_range text) {
  std::uintptr_t last = 0;
  auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  while (holds_frame(stack, frame)) {
    auto const* const words = words_at(frame);
    last = frame;
    if (!text.holds(words[1]) || words[0] <= frame) break;
    frame = words[0];
  }
  return last;
}

}  // namespace

hybrid_walker::hybrid_walker()
    : stack_{loopscope::unwind::own_stack()},
      text_{executable_text()},
      outermost_{outermost_frame(stack_, text_)} {}

void hybrid_walker::move(ucontext_t& context, place const& to) noexcept {
  context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(to.pc);
  context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(to.sp);
  context.uc_mcontext.gregs[REG_RBP] = static_cast<greg_t>(to.frame);
}

std::size_t hybrid_walker::walk(ucontext_t& interrupted,
                                std::span<std::uint64_t> to) const noexcept {
  unw_cursor_t cursor;
  if (unw_init_local2(&cursor, &interrupted, UNW_INIT_SIGNAL_FRAME) != 0) return 0;
  std::size_t depth = 0;
  // A leaf may not have set up its frame yet: one step by libunwind is always taken.
  auto at = step_into_text(cursor, true, to, depth);
  while (at && depth < to.size()) {
    at = follow_frame_pointers(*at, to, depth);
    if (!at || depth == to.size()) break;
    // Foreign code has called back.
    ucontext_t outside = interrupted;
    move(outside, *at);
    if (unw_init_local(&cursor, &outside) != 0) break;
    at = step_into_text(cursor, false, to, depth);
  }
  return depth;
}

std::optional<hybrid_walker::place> hybrid_walker::step_into_text(
    unw_cursor_t& cursor, bool leaf, std::span<std::uint64_t> to,
    std::size_t& depth) const noexcept {
  for (bool first = true; depth < to.size(); first = false) {
    unw_word_t pc = 0;
    unw_word_t frame = 0;
    if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 || pc == 0) return std::nullopt;
    if (leaf || !first) to[depth++] = pc;
    if (!first && text_.holds(pc)) {
      if (unw_get_reg(&cursor, UNW_X86_64_RBP, &frame) != 0) return std::nullopt;
      return place{pc, frame, 0};
    }
    if (unw_step(&cursor) <= 0) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<hybrid_walker::place> hybrid_walker::follow_frame_pointers(
    place from, std::span<std::uint64_t> to, std::size_t& depth) const noexcept {
  for (auto frame = from.frame; depth < to.size() && holds_frame(stack_, frame);) {
    auto const caller = words_at(frame)[0];
    auto const pc = words_at(frame)[1];
    if (pc == 0) break;
    to[depth++] = pc;
    if (!text_.holds(pc) && frame != outermost_) return place{pc, caller, frame + 2 * word};
    if (caller <= frame) break;
    frame = caller;
  }
  return std::nullopt;
}

}  // namespace bench
