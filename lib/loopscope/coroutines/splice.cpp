#include <loopscope/coroutines/chain_impl.hpp>
#include <loopscope/coroutines/splice.hpp>

#include <algorithm>

namespace loopscope::coroutines {

namespace {

// Of one walk, from the innermost resumption to the outermost.
class chain_writer {
 public:
  chain_writer(unwind::address_range stack, std::span<std::uint64_t> to) noexcept
      : stack_{stack}, to_{to} {
    go_to(innermost_pumping);
  }

  void write(std::uint64_t word) noexcept {
    if (written_.depth < to_.size())
      to_[written_.depth++] = word;
    else
      written_.whole = false;
  }

  // Writes the chains that are resumed in frames below `sp`.
  void write_chains_below(std::uintptr_t sp) noexcept {
    while (next_ && address_of(next_) < sp) {
      write_chain_of(*next_);
      go_to(next_->outer);
    }
  }

  [[nodiscard]] spliced_stack written() const noexcept { return written_; }

 private:
  static std::uintptr_t address_of(pumping const* at) noexcept {
    return reinterpret_cast<std::uintptr_t>(at);
  }

  void go_to(pumping const* at) noexcept { next_ = stack_.holds(address_of(at)) ? at : nullptr; }

  void write_chain_of(pumping const& at) noexcept {
    // An operation that completes while it is initiated has its chain resumed further inside.
    if (at.root == last_root_) return;
    last_root_ = at.root;
    if (!*at.owner) {
      for (auto const word : std::span{at.waiting}.first(at.noted)) write(word);
      return;
    }
    // The top one runs: it is on the physical stack itself.
    auto const* const running = *at.top;
    auto const* waiting = running ? frame_access::caller(*running) : nullptr;
    for (; waiting && written_.whole; waiting = frame_access::caller(*waiting))
      write(waiting_word_of(frame_access::address(*waiting)));
  }

  unwind::address_range stack_;
  std::span<std::uint64_t> to_;
  spliced_stack written_;
  pumping const* next_ = nullptr;
  any_root const* last_root_ = nullptr;
};

}  // namespace

bool has_async_stacks() noexcept {
  return LOOPSCOPE_HAS_PUMP_HOOK != 0;
}

initiation_notes::initiation_notes() noexcept {
  initiation_readers.fetch_add(1, std::memory_order_relaxed);
}

initiation_notes::~initiation_notes() {
  initiation_readers.fetch_sub(1, std::memory_order_relaxed);
}

spliced_stack splice(std::span<unwind::stack_frame const> physical, unwind::address_range stack,
                     std::span<std::uint64_t> to) noexcept {
  chain_writer out{stack, to};
  for (std::size_t i = 0; i < physical.size(); ++i) {
    // A frame ends where its caller's begins; where the outermost one ends is not known.
    auto const is_last = i + 1 == physical.size();
    if (!is_last && stack.holds(physical[i].sp) && stack.holds(physical[i + 1].sp))
      out.write_chains_below(physical[i + 1].sp);
    out.write(physical[i].pc);
  }
  return out.written();
}

}  // namespace loopscope::coroutines
