#pragma once

#include <loopscope/heap/child_memory_impl.hpp>
#include <loopscope/heap/live_table.hpp>
#include <loopscope/unwind/address_range.hpp>

#include <algorithm>
#include <cstdint>
#include <span>

namespace loopscope::heap {

/// Finds the block that an address points into, among many, in some ten steps.
class block_index {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// \param blocks  by address, without overlap. They outlive it.
  explicit block_index(std::span<live_block const> blocks) noexcept : blocks_{blocks} {
    regions_ = child_array<region>(count_regions());
    std::size_t made = 0;
    for (std::size_t at = 0; at < blocks_.size();) at = add_region(regions_[made++], at);
    if (!blocks_.empty()) bounds_ = {blocks_.front().address, end_of(blocks_.back())};
  }

  [[nodiscard]] std::uint32_t find(std::uint64_t address) const noexcept {
    if (!bounds_.holds(address)) return none;
    auto const* where = std::upper_bound(
        regions_.data(), regions_.data() + regions_.size(), address,
        [](std::uint64_t value, region const& each) { return value < each.span.begin; });
    if (where == regions_.data() || address >= (--where)->span.end) return none;
    auto const page = (address - where->span.begin) / page_size;
    // The block is none that begins before the first one of this page or behind that of the next.
    auto const* const begin = blocks_.data() + where->first_of[page];
    auto const* const end = blocks_.data() + where->first_of[page + 1] + 1;
    auto const* const next = std::upper_bound(
        begin, end, address,
        [](std::uint64_t value, live_block const& each) { return value < each.address; });
    if (next == begin || address >= end_of(next[-1])) return none;
    return static_cast<std::uint32_t>(next - 1 - blocks_.data());
  }

  /// One without a size has an address all the same.
  static std::uint64_t end_of(live_block const& block) noexcept {
    return block.address + std::max<std::uint64_t>(block.size, 1);
  }

 private:
  static constexpr std::uint64_t page_size = 4096;
  static constexpr std::uint64_t wide_gap = std::uint64_t{16} << 20;

  struct region {
    unwind::address_range span;
    std::uint32_t const* first_of = nullptr;  // by page: the first block that ends behind its start
  };

  [[nodiscard]] bool begins_region(std::size_t at) const noexcept {
    return at == 0 || blocks_[at].address - end_of(blocks_[at - 1]) > wide_gap;
  }

  [[nodiscard]] std::size_t count_regions() const noexcept {
    std::size_t count = 0;
    for (std::size_t i = 0; i < blocks_.size(); ++i) count += begins_region(i) ? 1 : 0;
    return count;
  }

  // \return the first block of the next region.
  std::size_t add_region(region& made, std::size_t first) const noexcept {
    auto last = first + 1;
    while (last < blocks_.size() && !begins_region(last)) ++last;
    made.span = {blocks_[first].address, end_of(blocks_[last - 1])};
    auto const pages = (made.span.end - made.span.begin) / page_size + 1;
    auto const first_of = child_array<std::uint32_t>(pages + 1);
    auto at = first;
    for (std::size_t page = 0; page <= pages; ++page) {
      auto const start = made.span.begin + page * page_size;
      while (at + 1 < last && end_of(blocks_[at]) <= start) ++at;
      first_of[page] = static_cast<std::uint32_t>(at);
    }
    made.first_of = first_of.data();
    return last;
  }

  std::span<live_block const> blocks_;
  std::span<region> regions_;
  unwind::address_range bounds_;
};

}  // namespace loopscope::heap
