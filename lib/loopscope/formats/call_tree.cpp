#include <loopscope/formats/call_tree_impl.hpp>
#include <loopscope/formats/sample_time_impl.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace loopscope::formats {

namespace {

constexpr std::uint32_t root = 0;

// What stands for no function, in the order of the keys that follow those of the functions: first
// the kinds of plumbing, then these.
constexpr std::array<std::string_view, 6> titles{"",      "[asio]", "[beast]",
                                                 "[std]", "(idle)", "(program)"};
constexpr std::uint64_t idle = 4;
constexpr std::uint64_t program = 5;

constexpr std::uint64_t pair_of(std::uint64_t high, std::uint64_t low) {
  return high << 32 | low;
}

}  // namespace

call_tree::call_tree(model::symbolized_profile const& profile, model::frame_style style)
    : profile_{profile}, style_{style} {
  nodes_.emplace_back().name = "(root)";
  auto const periods = periods_of(profile);
  for (std::size_t i = 0; i < periods.size(); ++i) count(profile.samples[i], periods[i]);
}

void call_tree::count(model::cpu_sample const& sample, std::uint64_t periods) {
  auto const& stack = profile_.stacks[sample.stack];
  auto const [known, is_new] = placed_.try_emplace(pair_of(sample.stack, sample.label), root);
  if (is_new) known->second = place(stack, sample.label);
  auto& node = nodes_[known->second];
  ++node.hits;
  node.periods += periods;
  if (!node.function) return;
  auto const line = profile_.locations[stack.locations.front()].lines.front().line;
  if (line != 0) ++node.ticks[line];
}

std::uint32_t call_tree::node_of(model::cpu_sample const& sample) const {
  return placed_.at(pair_of(sample.stack, sample.label));
}

// Keys of children: functions, then what has a title of its own, then labels.
std::uint32_t call_tree::child(std::uint32_t parent, std::uint64_t key) {
  auto const id = static_cast<std::uint32_t>(nodes_.size());
  auto const [known, is_new] = children_.try_emplace(pair_of(parent, key), id);
  if (!is_new) return known->second;
  nodes_[parent].children.push_back(id);
  auto& node = nodes_.emplace_back();
  node.parent = parent;
  auto const functions = profile_.functions.size();
  if (key < functions)
    node.function = &profile_.functions[key];
  else if (key < functions + titles.size())
    node.name = titles[key - functions];
  else
    node.name = "route " + profile_.labels[key - functions - titles.size()];
  return id;
}

std::uint32_t call_tree::place(model::code_stack const& stack, std::uint32_t label) {
  auto const functions = profile_.functions.size();
  if (stack.idle) return child(root, functions + idle);
  if (stack.locations.empty()) return child(root, functions + program);
  return place_frames(stack, label == 0 ? root : child(root, functions + titles.size() + label));
}

std::uint32_t call_tree::place_frames(model::code_stack const& stack, std::uint32_t at) {
  auto const functions = profile_.functions.size();
  for (auto const& frame : shown_frames(profile_, stack, style_)) {
    auto const is_function = frame.folded == model::plumbing::none;
    at = child(at,
               is_function ? frame.function : functions + static_cast<std::uint64_t>(frame.folded));
  }
  return at;
}

}  // namespace loopscope::formats
