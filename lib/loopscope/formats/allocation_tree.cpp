#include <loopscope/formats/allocation_tree_impl.hpp>
#include <loopscope/formats/shown_frames_impl.hpp>

#include <array>
#include <cstddef>

namespace loopscope::formats {

namespace {

constexpr std::array<std::string_view, 4> plumbing_names{"", "[asio]", "[beast]", "[std]"};

constexpr std::uint64_t pair_of(std::uint64_t high, std::uint64_t low) {
  return high << 32 | low;
}

}  // namespace

allocation_tree::allocation_tree(heap_capture const& capture, model::frame_style style)
    : nodes_(1) {
  places_.push_back({"(root)", {}, 0});
  auto const totals = totals_by_stack(capture.raw);
  auto const& code = capture.names;
  node_of_.push_back(0);
  nodes_.front().totals = totals.front();
  for (std::size_t i = 0; i < code.stacks.size(); ++i) {
    std::uint32_t at = 0;
    for (auto const& frame : shown_frames(code, code.stacks[i], style)) {
      auto const folded = static_cast<std::size_t>(frame.folded);
      auto const& function = code.functions[frame.function];
      auto const place = folded != 0 ? place_of(pair_of(~std::uint32_t{0}, folded),
                                                {plumbing_names[folded], {}, 0})
                                     : place_of(pair_of(frame.function, frame.line),
                                                {function.name, function.file, frame.line});
      at = child(at, place);
    }
    node_of_.push_back(at);
    auto& sum = nodes_[at].totals;
    auto const& own = totals[i + 1];
    sum = {sum.live_objects + own.live_objects, sum.live_bytes + own.live_bytes,
           sum.objects + own.objects, sum.bytes + own.bytes};
  }
}

std::uint32_t allocation_tree::place_of(std::uint64_t key, code_place const& place) {
  auto const [known, is_new] =
      place_ids_.try_emplace(key, static_cast<std::uint32_t>(places_.size()));
  if (is_new) places_.push_back(place);
  return known->second;
}

std::uint32_t allocation_tree::child(std::uint32_t parent, std::uint32_t place) {
  auto const id = static_cast<std::uint32_t>(nodes_.size());
  auto const [known, is_new] = children_.try_emplace(pair_of(parent, place), id);
  if (!is_new) return known->second;
  nodes_[parent].children.push_back(id);
  nodes_.emplace_back().place = place;
  return id;
}

}  // namespace loopscope::formats
