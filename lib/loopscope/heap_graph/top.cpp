#include <loopscope/heap_graph/dominated_impl.hpp>
#include <loopscope/heap_graph/top.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace loopscope::heap_graph {

namespace {

// An object counts where no other one of its group dominates it, for that one retains it too. So
// the tree is walked in depth, and each group knows how many of its objects are on the way.
void add_retained(std::vector<top_row>& rows, groups const& grouped, dominator_tree const& tree) {
  if (tree.order.empty()) return;
  auto const dominated = dominated_by(tree);
  std::vector<std::uint32_t> open(rows.size());
  std::vector<std::pair<std::uint32_t, std::uint32_t>> way;  // a node, and its next child
  auto const enter = [&](std::uint32_t node) {
    way.emplace_back(node, 0);
    auto const group = grouped.of[node];
    if (group != none && open[group]++ == 0)
      rows[group].retained_bytes += tree.retained_bytes[node];
  };
  enter(tree.order.front());
  while (!way.empty()) {
    auto& [node, next] = way.back();
    auto const children = dominated[node];
    if (next < children.size()) {
      enter(children[next++]);
      continue;
    }
    if (auto const group = grouped.of[node]; group != none) --open[group];
    way.pop_back();
  }
}

}  // namespace

std::vector<top_row> top(heap_snapshot const& heap, dominator_tree const& tree, group_by by) {
  auto grouped = group_objects(heap, by);
  std::vector<top_row> rows;
  for (auto& name : grouped.names) rows.push_back({std::move(name)});
  for (std::uint32_t node = 0; node < heap.size(); ++node) {
    if (grouped.of[node] == none) continue;
    auto& row = rows[grouped.of[node]];
    ++row.count;
    row.self_bytes += heap.self_bytes[node];
    if (!tree.is_reached(node)) row.retained_bytes += heap.self_bytes[node];
  }
  add_retained(rows, grouped, tree);
  std::sort(rows.begin(), rows.end(), [](auto const& a, auto const& b) {
    return std::tie(b.retained_bytes, b.self_bytes, a.name) <
           std::tie(a.retained_bytes, a.self_bytes, b.name);
  });
  return rows;
}

}  // namespace loopscope::heap_graph
