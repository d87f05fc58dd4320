#include <loopscope/heap_graph/retainer_steps_impl.hpp>

#include <string_view>
#include <utility>

namespace loopscope::heap_graph {

std::size_t retainer_steps::step_hash::operator()(step const& of) const noexcept {
  constexpr std::uint64_t factor = 0x9E37'79B9'7F4A'7C15;
  auto const mix = [](std::uint64_t hash, std::uint64_t value) {
    hash = (hash ^ value) * factor;
    return hash ^ hash >> 32;
  };
  return mix(mix(mix(of.title, of.property), of.next), of.chain ? 1 : 0);
}

retainer_steps::retainer_steps(heap_snapshot const& heap, shortest_paths const& paths)
    : heap_{heap}, paths_{paths}, above_(heap.size(), none) {}

std::uint32_t retainer_steps::path_from(std::uint32_t node, std::uint32_t edge) {
  return before(node, edge, above(node));
}

// What retains a node on its shortest path; none: a root, where paths end.
std::uint32_t retainer_steps::above(std::uint32_t node) {
  auto const is_end = [this](std::uint32_t at) {
    return !heap_.is_object(at) || paths_.parent[at] == none;
  };
  std::vector<std::uint32_t> unknown;
  auto at = node;
  for (; above_[at] == none && !is_end(at); at = paths_.parent[at]) unknown.push_back(at);
  auto path = is_end(at) ? none : above_[at];
  for (; !unknown.empty(); unknown.pop_back()) {
    at = unknown.back();
    path = above_[at] = before(paths_.parent[at], paths_.edge[at], path);
  }
  return path;
}

// Several of one name in a row are one step.
std::uint32_t retainer_steps::before(std::uint32_t node, std::uint32_t edge, std::uint32_t next) {
  step added{heap_.title_of(node), property_of(node, edge), next, false};
  if (next != none) {
    auto const& behind = steps_[next];
    if (behind.title == added.title && behind.property == added.property) {
      if (behind.chain) return next;
      added.next = behind.next;
      added.chain = true;
    }
  }
  return number_of(added);
}

std::uint32_t retainer_steps::number_of(step const& of) {
  auto const given = static_cast<std::uint32_t>(steps_.size());
  auto const [known, is_new] = numbers_.try_emplace(of, given);
  if (is_new) steps_.push_back(of);
  return known->second;
}

// Offsets, as loopscope writes them, and places in tables of V8 say nothing to a reader, and
// neither does how a root is held.
std::uint32_t retainer_steps::property_of(std::uint32_t node, std::uint32_t edge) const {
  if (heap_.edge_property.empty() || !heap_.is_object(node)) return none;
  auto const property = heap_.edge_property[edge];
  if (property == none) return none;
  auto const text = heap_.strings[property];
  auto const is_place = text.find_first_not_of("+0123456789") == std::string_view::npos;
  return is_place ? none : property;
}

std::vector<std::string> retainer_steps::texts(std::uint32_t path) const {
  std::vector<std::string> all;
  for (auto at = path; at != none; at = steps_[at].next) {
    auto const& each = steps_[at];
    std::string text{heap_.strings[each.title]};
    if (text.empty()) text = "(root)";
    if (each.property != none) text.append(".").append(heap_.strings[each.property]);
    if (each.chain) text.append(" (chain)");
    all.push_back(std::move(text));
  }
  return all;
}

}  // namespace loopscope::heap_graph
