#pragma once

#include <loopscope/formats/shown_frames_impl.hpp>
#include <loopscope/model/presentation.hpp>
#include <loopscope/model/symbolized_profile.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace loopscope::formats {

/// A function as it was called by its parent.
struct call_node {
  std::uint32_t parent = 0;  ///< index; the root is its own
  std::string name;          ///< of what is no function: `(idle)`, a route, `[asio]`
  model::code_function const* function = nullptr;  ///< else null
  std::uint64_t hits = 0;                          ///< samples that were just here
  std::uint64_t periods = 0;                       ///< of time, that they stand for
  std::map<std::uint32_t, std::uint64_t> ticks;    ///< hits by line, 1-based, where it is known
  std::vector<std::uint32_t> children;

  [[nodiscard]] std::string const& title() const { return function ? function->name : name; }
};

/// The samples of a profile by who called whom. Below `(root)` stand `(idle)`, where all samples of
/// the waiting loop go, `(program)`, where those without a stack go, `route <label>`, and the
/// outermost functions of what has no label. Inlined functions are called like any other, and so is
/// what `shown_frames` folds: `[asio]`, `[beast]`, `[std]`.
class call_tree {
 public:
  /// \param profile  has to outlive the tree. O(samples + frames of different stacks).
  call_tree(model::symbolized_profile const& profile, model::frame_style style);

  /// A parent stands before its children; the first is the root.
  [[nodiscard]] std::span<call_node const> nodes() const noexcept { return nodes_; }

  /// Where a sample of the profile was counted.
  [[nodiscard]] std::uint32_t node_of(model::cpu_sample const& sample) const;

 private:
  std::uint32_t child(std::uint32_t parent, std::uint64_t key);
  std::uint32_t place(model::code_stack const& stack, std::uint32_t label);
  std::uint32_t place_frames(model::code_stack const& stack, std::uint32_t at);
  void count(model::cpu_sample const& sample, std::uint64_t periods);

  model::symbolized_profile const& profile_;
  model::frame_style style_;
  std::vector<call_node> nodes_;
  std::unordered_map<std::uint64_t, std::uint32_t> children_;  // by parent and key
  std::unordered_map<std::uint64_t, std::uint32_t> placed_;    // by stack and label
};

}  // namespace loopscope::formats
