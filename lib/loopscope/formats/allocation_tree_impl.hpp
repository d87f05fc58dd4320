#pragma once

#include <loopscope/formats/heap_capture.hpp>
#include <loopscope/model/presentation.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace loopscope::formats {

/// A line that was called by its parent, in a tree of allocation stacks.
struct allocation_node {
  std::uint32_t place = 0;  ///< index into allocation_tree::places
  stack_totals totals;      ///< of stacks that end just here
  std::vector<std::uint32_t> children;
};

/// A line of a function, or plumbing that is folded.
struct code_place {
  std::string_view name;
  std::string_view file;   ///< empty if unknown
  std::uint32_t line = 0;  ///< 1-based, 0 unknown
};

/// The allocation stacks by who called whom, outermost first. The first node is the root.
class allocation_tree {
 public:
  /// \param capture  has to outlive the tree. O(frames of different stacks)
  allocation_tree(heap_capture const& capture, model::frame_style style);

  [[nodiscard]] std::vector<allocation_node> const& nodes() const noexcept { return nodes_; }
  [[nodiscard]] std::vector<code_place> const& places() const noexcept { return places_; }

  /// Where a stack's calls end; the root for blocks without a stack.
  [[nodiscard]] std::uint32_t node_of(std::uint32_t stack) const { return node_of_[stack]; }

 private:
  std::uint32_t child(std::uint32_t parent, std::uint32_t place);
  std::uint32_t place_of(std::uint64_t key, code_place const& place);

  std::vector<allocation_node> nodes_;
  std::vector<code_place> places_;
  std::vector<std::uint32_t> node_of_;
  std::unordered_map<std::uint64_t, std::uint32_t> children_;  // by parent and place
  std::unordered_map<std::uint64_t, std::uint32_t> place_ids_;
};

}  // namespace loopscope::formats
