#include <loopscope/unwind/stack_reader_impl.hpp>
#include <loopscope/unwind/table_walker.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace loopscope::unwind {

namespace {

constexpr std::uintptr_t word = sizeof(std::uintptr_t);

// Where the kernel leaves a register, by DWARF number.
constexpr std::array<int, 16> saved_index{REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                          REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                          REG_R12, REG_R13, REG_R14, REG_R15};

// To be added to an address, modulo 2^64.
constexpr std::uintptr_t signed_offset(std::intptr_t offset) noexcept {
  return static_cast<std::uintptr_t>(offset);
}

struct registers {
  std::uintptr_t pc = 0;
  std::uintptr_t sp = 0;
  std::uintptr_t fp = 0;
  std::uintptr_t bx = 0;
  // Whether pc is the next instruction to run and not one after a call, which may belong to the
  // next function.
  bool interrupted = true;
};

class walker {
 public:
  walker(unwind_map const& map, address_range stack, ucontext_t const& context,
         last_walk* last) noexcept
      : map_{map},
        context_{context},
        last_{last},
        known_{last ? last->depth : 0},
        at_{static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]),
            static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RSP]),
            static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RBP]),
            static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RBX]), true},
        read_{stack, at_.sp} {}

  walk_result run(std::span<stack_frame> to) noexcept {
    walk_result result;
    std::optional<walk_end> end;
    while (!end && result.depth < to.size()) {
      if (result.depth < fps_.size()) fps_[result.depth] = at_.fp;
      to[result.depth++] = {at_.pc, at_.sp};
      if (joins_last_walk()) return finish_as_before(to, result.depth);
      end = step();
      leaf_ = false;
    }
    result.end = end.value_or(walk_end::no_room);
    if (result.end == walk_end::outermost) remember(to.first(result.depth), 0);
    // What no code is known at and nothing followed from was no return address.
    if (result.end == walk_end::unknown_code && result.depth > 1) --result.depth;
    result.probes = static_cast<std::uint16_t>(read_.probes());
    return result;
  }

 private:
  // Whether the last walk came by here, and the return addresses further out are all where they
  // were: a frame is where its return address is.
  bool joins_last_walk() noexcept {
    while (known_ > 0 && last_->callers[known_ - 1].sp < at_.sp) --known_;
    if (known_ == 0 || at_.interrupted) return false;
    auto const& same = last_->callers[known_ - 1];
    if (same.sp != at_.sp || same.pc != at_.pc || same.fp != at_.fp) return false;
    for (auto i = known_ - 1; i-- > 0;) {
      auto const& outer = last_->callers[i];
      if (read_.is_known(outer.sp - word, outer.pc)) continue;
      known_ = 0;
      return false;
    }
    return true;
  }

  walk_result finish_as_before(std::span<stack_frame> to, std::size_t depth) noexcept {
    auto rest = known_ - 1;
    remember(to.first(depth - 1), known_);
    for (; rest > 0 && depth < to.size(); ++depth) {
      auto const& outer = last_->callers[--rest];
      to[depth] = {outer.pc, outer.sp};
    }
    walk_result result;
    result.depth = static_cast<std::uint32_t>(depth);
    result.end = rest == 0 ? walk_end::outermost : walk_end::no_room;
    result.probes = static_cast<std::uint16_t>(read_.probes());
    return result;
  }

  // Puts the callers of the interrupted frame behind the outermost ones, which are known already.
  // Not where a frame pointer was followed: it may have led past a caller.
  void remember(std::span<stack_frame const> inner, std::size_t known) noexcept {
    if (!last_ || by_frame_pointer_ || inner.size() > fps_.size()) return;
    for (auto i = inner.size(); i-- > 1 && known < last_->callers.size();)
      last_->callers[known++] = {inner[i].pc, inner[i].sp, fps_[i]};
    last_->depth = known;
  }

  std::optional<walk_end> step() noexcept {
    auto const pc = at_.interrupted ? at_.pc : at_.pc - 1;
    if (!object_ || !object_->text.holds(pc)) object_ = map_.object_at(pc);
    auto const* const rule =
        object_ ? object_->table->find(static_cast<std::uint32_t>(pc - object_->text.begin))
                : nullptr;
    if (!rule || rule->kind == cfa_kind::unknown) {
      if (object_ && starts_fiber(*object_)) return walk_end::fiber_entry;
      if (follow_frame_pointer()) return std::nullopt;
      return object_ ? walk_end::no_rule : walk_end::unknown_code;
    }
    return step_by(*rule);
  }

  // Whether pc is where a function returns to that nobody called. makecontext pushes the first byte
  // of __start_context; make_fcontext's has no row and is in rbp as well.
  bool starts_fiber(mapped_object const& object) const noexcept {
    if (at_.interrupted) return false;
    if (at_.fp == at_.pc) return true;
    if (!object.text.holds(at_.pc)) return false;
    auto const* const rule =
        object.table->find(static_cast<std::uint32_t>(at_.pc - object.text.begin));
    return rule && rule->kind != cfa_kind::unknown;
  }

  std::optional<walk_end> step_by(unwind_rule const& rule) noexcept {
    if (rule.kind == cfa_kind::outermost) return walk_end::outermost;
    if (rule.kind == cfa_kind::signal_frame) return leave_signal_frame();
    std::uintptr_t cfa = 0;
    if (auto const failure = find_cfa(rule, cfa)) return failure;
    if (cfa <= at_.sp || cfa % word != 0) return walk_end::bad_cfa;

    registers next{0, cfa, at_.fp, at_.bx, false};
    if (!read_.read(cfa - word, next.pc)) return walk_end::unreadable;
    if (next.pc == 0) return walk_end::outermost;
    restore(rule.rbp, rule.rbp_offset, cfa, next.fp);
    restore(rule.rbx, rule.rbx_offset, cfa, next.bx);
    at_ = next;
    return std::nullopt;
  }

  std::optional<walk_end> find_cfa(unwind_rule const& rule, std::uintptr_t& cfa) noexcept {
    if (rule.kind == cfa_kind::plt) {
      auto const pushed = (at_.pc & 15) >= signed_offset(rule.addend);
      cfa = at_.sp + signed_offset(rule.offset) + (pushed ? word : 0);
      return std::nullopt;
    }
    auto const base = value_of(rule.cfa_register);
    if (!base) return walk_end::lost_register;
    cfa = *base + signed_offset(rule.offset);
    if (rule.kind != cfa_kind::deref) return std::nullopt;
    if (!read_.read(cfa, cfa)) return walk_end::unreadable;
    cfa += signed_offset(rule.addend);
    return std::nullopt;
  }

  // What cannot be restored becomes 0: a walk that needs it ends there, and most do not. gcc's rows
  // are wrong about rbp for the last two instructions of a function with a realigned stack.
  void restore(saved_where where, std::int16_t offset, std::uintptr_t cfa,
               std::uintptr_t& value) noexcept {
    if (where == saved_where::unchanged) return;
    auto const base = where == saved_where::at_cfa ? cfa : at_.fp;
    if (where == saved_where::lost || !read_.read(base + signed_offset(offset), value)) value = 0;
  }

  // The kernel's frame begins with the address that its handler returns to, which is gone by now;
  // sp points at the ucontext_t.
  std::optional<walk_end> leave_signal_frame() noexcept {
    auto const saved = at_.sp + offsetof(ucontext_t, uc_mcontext.gregs);
    registers next;
    if (!read_.read(saved + REG_RIP * word, next.pc) ||
        !read_.read(saved + REG_RSP * word, next.sp) ||
        !read_.read(saved + REG_RBP * word, next.fp) ||
        !read_.read(saved + REG_RBX * word, next.bx))
      return walk_end::unreadable;
    if (next.pc == 0) return walk_end::outermost;
    at_ = next;
    return std::nullopt;
  }

  bool follow_frame_pointer() noexcept {
    registers next{0, at_.fp + 2 * word, 0, 0, false};
    if (at_.fp < at_.sp || !read_.read(at_.fp, next.fp) || !read_.read(at_.fp + word, next.pc))
      return false;
    // Two of our own compiler's frames in code that we do not know look just like this too.
    bool const goes_on =
        next.fp > at_.fp && next.fp - at_.fp < (std::uintptr_t{1} << 20) && next.fp % word == 0;
    if (next.pc == 0 || (!map_.object_at(next.pc - 1) && (object_ || !goes_on))) return false;
    at_ = next;
    by_frame_pointer_ = true;
    return true;
  }

  // Of the interrupted code every register is known, of its callers those that tables restore.
  std::optional<std::uintptr_t> value_of(std::uint8_t reg) const noexcept {
    switch (reg) {
      case dwarf_register::rsp:
        return at_.sp;
      case dwarf_register::rbp:
        return at_.fp;
      case dwarf_register::rbx:
        return at_.bx;
      default:
        break;
    }
    if (!leaf_ || reg >= saved_index.size()) return std::nullopt;
    return static_cast<std::uintptr_t>(context_.uc_mcontext.gregs[saved_index[reg]]);
  }

  unwind_map const& map_;
  ucontext_t const& context_;
  last_walk* last_;
  std::size_t known_;  // frames of it that may lie further out
  registers at_;
  stack_reader read_;
  mapped_object const* object_ = nullptr;
  bool leaf_ = true;
  bool by_frame_pointer_ = false;                    // somewhere
  std::array<std::uintptr_t, last_walk::room> fps_;  // of the frames, as far as there is room
};

}  // namespace

walk_result walk_stack(unwind_map const& map, address_range stack, ucontext_t const& interrupted,
                       std::span<stack_frame> to, last_walk* last) noexcept {
  return walker{map, stack, interrupted, last}.run(to);
}

walk_result walk_frame_pointers(address_range stack, ucontext_t const& interrupted,
                                std::span<stack_frame> to) noexcept {
  walk_result result;
  result.end = walk_end::no_room;
  if (to.empty()) return result;
  auto const& gregs = interrupted.uc_mcontext.gregs;
  auto const sp = static_cast<std::uintptr_t>(gregs[REG_RSP]);
  auto fp = static_cast<std::uintptr_t>(gregs[REG_RBP]);
  stack_reader read{stack, sp};
  to[result.depth++] = {static_cast<std::uint64_t>(gregs[REG_RIP]), sp};
  for (auto above = sp; result.depth < to.size();) {
    std::uintptr_t next = 0;
    std::uintptr_t pc = 0;
    if (fp < above || !read.read(fp, next) || !read.read(fp + word, pc) || pc == 0) {
      result.end = walk_end::no_rule;
      break;
    }
    above = fp + 2 * word;
    to[result.depth++] = {pc, above};
    fp = next;
  }
  result.probes = static_cast<std::uint16_t>(read.probes());
  return result;
}

}  // namespace loopscope::unwind
