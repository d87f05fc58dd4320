#pragma once

#include <loopscope/heap/block_index_impl.hpp>
#include <loopscope/heap/live_table.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace loopscope::heap {

/// Tells the words of one object that point into blocks.
///
/// Allocators put blocks side by side, so that the end of a range in one block may be the address
/// of the next. A vector has the start of its block, the end of what is used and the end of the
/// block in three words, a deque's iterator a place, the start and the end: a word that is the very
/// end of the block that the two words before it point into, or one of two such behind one word,
/// points to nothing. In an array of pointers to blocks that lie side by side, no two words are the
/// same.
class pointer_filter {
 public:
  pointer_filter(block_index const& index, std::span<live_block const> blocks) noexcept
      : index_{index}, blocks_{blocks} {}

  void begin_object() noexcept {
    recent_.fill(none);
    range_ = none;
    is_undecided_ = false;
  }

  /// \param address  of the word: those of an object come in ascending order.
  /// \param tell  (address, block) -> void. It is called, now or later, if the word points there,
  ///              and none of the latest words does.
  template <class Tell>
  void take(std::uint64_t address, std::uint64_t word, Tell const& tell) noexcept {
    auto const is_end = follows(address) && ends_ < most_ends && word == end_of_range();
    if (is_end) {
      is_undecided_ = words_ == 1 && ends_ == 0;
      ++ends_;
      next_word_ += sizeof word;
    } else if (is_undecided_) {
      tell_undecided(tell);
      take(address, word, tell);
    } else {
      tell_pointer(address, word, tell);
    }
  }

  template <class Tell>
  void end_object(Tell const& tell) noexcept {
    if (is_undecided_) tell_undecided(tell);
  }

 private:
  static constexpr std::uint32_t none = block_index::none;
  static constexpr int most_ends = 2;

  [[nodiscard]] bool follows(std::uint64_t address) const noexcept {
    return range_ != none && address == next_word_;
  }

  [[nodiscard]] std::uint64_t end_of_range() const noexcept {
    return block_index::end_of(blocks_[range_]);
  }

  // The latest word, which could have been the end of a range, was none.
  template <class Tell>
  void tell_undecided(Tell const& tell) noexcept {
    is_undecided_ = false;
    auto const word = end_of_range();
    range_ = none;
    tell_pointer(next_word_ - sizeof word, word, tell);
  }

  template <class Tell>
  void tell_pointer(std::uint64_t address, std::uint64_t word, Tell const& tell) noexcept {
    auto const to = index_.find(word);
    if (to == none) return;
    words_ = follows(address) && to == range_ && ends_ == 0 ? words_ + 1 : 1;
    ends_ = 0;
    range_ = to;
    next_word_ = address + sizeof word;
    if (std::find(recent_.begin(), recent_.end(), to) != recent_.end()) return;
    std::copy_backward(recent_.begin(), recent_.end() - 1, recent_.end());
    recent_.front() = to;
    tell(address, to);
  }

  block_index const& index_;
  std::span<live_block const> blocks_;
  std::array<std::uint32_t, 3> recent_{};
  std::uint32_t range_ = none;  // the block that the latest words may be a range of
  std::uint64_t next_word_ = 0;
  int words_ = 0;              // of the range, that point into the block
  int ends_ = 0;               // of the range, that are the block's end
  bool is_undecided_ = false;  // whether the latest word is one
};

}  // namespace loopscope::heap
