#include <loopscope/heap_graph/dominated_impl.hpp>
#include <loopscope/heap_graph/largest.hpp>

#include <queue>

namespace loopscope::heap_graph {

namespace {

struct candidate {
  std::uint64_t retained_bytes;
  std::uint32_t node;
  std::uint32_t above;  // index of the dominator among the chosen ones; none: the root
  std::uint32_t depth;

  bool operator<(candidate const& other) const {
    return retained_bytes != other.retained_bytes ? retained_bytes < other.retained_bytes
                                                  : node > other.node;
  }
};

// The largest first, so that none comes before what dominates it.
std::vector<candidate> choose(dominator_tree const& tree, std::uint32_t depth, std::size_t limit) {
  auto const dominated = dominated_by(tree);
  std::priority_queue<candidate> open;
  auto const open_below = [&](std::uint32_t node, std::uint32_t index, std::uint32_t below) {
    for (auto const child : dominated[node])
      open.push({tree.retained_bytes[child], child, index, below});
  };
  open_below(tree.order.front(), none, 1);
  std::vector<candidate> chosen;
  while (!open.empty() && (limit == 0 || chosen.size() < limit)) {
    auto const best = open.top();
    open.pop();
    auto const index = static_cast<std::uint32_t>(chosen.size());
    chosen.push_back(best);
    if (depth == 0 || best.depth < depth) open_below(best.node, index, best.depth + 1);
  }
  return chosen;
}

}  // namespace

std::vector<largest_row> largest(dominator_tree const& tree, std::uint32_t depth,
                                 std::size_t limit) {
  if (tree.order.empty()) return {};
  auto const chosen = choose(tree, depth, limit);
  auto const count = static_cast<std::uint32_t>(chosen.size());
  auto const below = make_lists(count + 1, [&](auto const& add) {
    for (std::uint32_t i = 0; i < count; ++i)
      add(chosen[i].above == none ? count : chosen[i].above, i);
  });
  std::vector<largest_row> rows;
  std::vector<std::uint32_t> open;
  auto const open_below = [&](std::uint32_t index) {
    auto const children = below[index];
    open.insert(open.end(), children.rbegin(), children.rend());
  };
  open_below(count);
  while (!open.empty()) {
    auto const index = open.back();
    open.pop_back();
    rows.push_back({chosen[index].node, chosen[index].depth});
    open_below(index);
  }
  return rows;
}

}  // namespace loopscope::heap_graph
