#include <loopscope/heap_graph/dominators.hpp>
#include <loopscope/heap_graph/number_lists_impl.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace loopscope::heap_graph {

namespace {

using numbers = std::vector<std::uint32_t>;

// The nodes that are reached, in the order in which a search in depth meets them. Everything below
// works with these numbers, not with those of the nodes.
struct depth_first_search {
  numbers node;    // by number
  numbers number;  // by node; none: not reached
  numbers parent;  // by number, a number

  explicit depth_first_search(heap_snapshot const& heap) : number(heap.size(), none) {
    if (heap.size() == 0) return;
    struct place {
      std::uint32_t at;    // a number
      std::uint32_t next;  // of its node's edges
    };
    std::vector<place> way;
    auto const enter = [&](std::uint32_t into, std::uint32_t from) {
      auto const given = static_cast<std::uint32_t>(node.size());
      number[into] = given;
      node.push_back(into);
      parent.push_back(from);
      way.push_back({given, 0});
    };
    enter(heap.root, 0);
    while (!way.empty()) {
      auto& [at, next] = way.back();
      auto const edges = heap.edges_of(node[at]);
      while (next < edges.size() && number[edges[next]] != none) ++next;
      if (next == edges.size())
        way.pop_back();
      else
        enter(edges[next], at);
    }
  }
};

number_lists predecessors_of(heap_snapshot const& heap, depth_first_search const& search) {
  auto const reached = static_cast<std::uint32_t>(search.node.size());
  return make_lists(reached, [&](auto const& add) {
    for (std::uint32_t i = 0; i < reached; ++i)
      for (auto const to : heap.edges_of(search.node[i])) add(search.number[to], i);
  });
}

// What the paper has in arrays, side by side: most of the time is spent waiting for one of them.
struct vertex {
  std::uint32_t ancestor;   // in the forest of those that are linked; first of all, the parent
  std::uint32_t semi;       // dominator
  std::uint32_t best;       // the vertex of the least semi-dominator on the way to the ancestor
  std::uint32_t best_semi;  // and that
};

// The vertices from `linked` on are linked: they hang from their parents.
struct link_forest {
  std::vector<vertex> vertices{};
  std::uint32_t linked;
  numbers way{};

  explicit link_forest(numbers const& parents)
      : linked{static_cast<std::uint32_t>(parents.size())} {
    vertices.reserve(parents.size());
    for (std::uint32_t i = 0; i < linked; ++i) vertices.push_back({parents[i], i, i, i});
  }

  // Of v and its ancestors, without the root of its tree, the one that is best.
  vertex const& best_above(std::uint32_t v) {
    if (v < linked || vertices[v].ancestor < linked) return vertices[v];
    for (auto at = v; vertices[at].ancestor >= linked; at = vertices[at].ancestor)
      way.push_back(at);
    // What stands on the way hangs from the root of the tree then.
    for (; !way.empty(); way.pop_back()) {
      auto& at = vertices[way.back()];
      auto const& above = vertices[at.ancestor];
      if (above.best_semi < at.best_semi) {
        at.best = above.best;
        at.best_semi = above.best_semi;
      }
      at.ancestor = above.ancestor;
    }
    return vertices[v];
  }

  void link(std::uint32_t v, std::uint32_t semi) {
    vertices[v].semi = vertices[v].best_semi = semi;
    linked = v;
  }
};

// Immediate dominators by number; of the root, itself.
numbers immediate_dominators(numbers const& parent, number_lists const& predecessors) {
  auto const count = static_cast<std::uint32_t>(parent.size());
  link_forest forest{parent};
  numbers bucket(count, none);  // the first vertex whose semi-dominator it is
  numbers dominator(count, 0);  // of a vertex in a bucket, the next one there
  for (auto w = count; w-- > 1;) {
    auto semi = w;
    for (auto const v : predecessors[w]) semi = std::min(semi, forest.best_above(v).best_semi);
    forest.link(w, semi);
    dominator[w] = std::exchange(bucket[semi], w);
    auto const above = parent[w];
    for (auto v = std::exchange(bucket[above], none); v != none;) {
      auto const& found = forest.best_above(v);
      v = std::exchange(dominator[v], found.best_semi < above ? found.best : above);
    }
  }
  for (std::uint32_t w = 1; w < count; ++w)
    if (dominator[w] != forest.vertices[w].semi) dominator[w] = dominator[dominator[w]];
  return dominator;
}

}  // namespace

dominator_tree find_dominators(heap_snapshot const& heap) {
  depth_first_search search{heap};
  auto const dominators = immediate_dominators(search.parent, predecessors_of(heap, search));
  search.number = {};
  dominator_tree tree{std::move(search.node), numbers(heap.size(), none), heap.self_bytes};
  for (auto i = tree.order.size(); i-- > 1;) {
    auto const node = tree.order[i];
    auto const dominator = tree.order[dominators[i]];
    tree.dominator[node] = dominator;
    tree.retained_bytes[dominator] += tree.retained_bytes[node];
  }
  return tree;
}

}  // namespace loopscope::heap_graph
