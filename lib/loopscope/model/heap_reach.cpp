#include <loopscope/model/heap_reach.hpp>

#include <algorithm>

namespace loopscope::model {

namespace {

// The edges by the node that they leave.
class outgoing_edges {
 public:
  explicit outgoing_edges(heap_sections const& heap) : first_(heap.node_count + 1) {
    for_each_record<raw_heap_edge>(heap.edges, [&](raw_heap_edge const& each) {
      ++first_[each.from + 1];
      to_.push_back(each.to);
    });
    for (std::size_t i = 1; i < first_.size(); ++i) first_[i] += first_[i - 1];
  }

  template <class Visit>
  void for_each(std::uint32_t from, Visit visit) const {
    for (auto at = first_[from]; at != first_[from + 1]; ++at) visit(to_[at]);
  }

 private:
  std::vector<std::uint32_t> first_;
  std::vector<std::uint32_t> to_;
};

// Marks nodes from which others are reached.
class marker {
 public:
  explicit marker(heap_sections const& heap) : edges_{heap}, marked_(heap.node_count) {}

  void mark_from(std::uint32_t node) {
    push(node);
    while (!pending_.empty()) {
      auto const next = pending_.back();
      pending_.pop_back();
      edges_.for_each(next, [this](std::uint32_t to) { push(to); });
    }
  }
  [[nodiscard]] bool is_marked(std::uint32_t node) const { return marked_[node]; }
  [[nodiscard]] std::vector<bool> const& marks() const { return marked_; }
  [[nodiscard]] outgoing_edges const& edges() const { return edges_; }

 private:
  void push(std::uint32_t node) {
    if (marked_[node]) return;
    marked_[node] = true;
    pending_.push_back(node);
  }

  outgoing_edges edges_;
  std::vector<bool> marked_;
  std::vector<std::uint32_t> pending_;
};

}  // namespace

heap_reach reach_of(heap_sections const& heap) {
  heap_reach found;
  marker reached{heap};
  auto const mark = [&](bool registered) {
    for_each_record<raw_heap_root>(heap.roots, [&](raw_heap_root const& each) {
      if (registered == (each.kind == root_kind::registered)) reached.mark_from(each.to);
    });
  };
  mark(true);
  found.is_registered = reached.marks();
  mark(false);
  std::uint32_t node = 0;
  std::vector<bool> has_lost_parent(heap.node_count);
  for_each_record<raw_heap_node>(heap.nodes, [&](raw_heap_node const& each) {
    auto const self = node++;
    if (reached.is_marked(self)) return;
    ++found.unreached;
    found.unreached_bytes += each.size;
    reached.edges().for_each(self, [&](std::uint32_t to) { has_lost_parent[to] = true; });
  });
  auto const add_head = [&](std::uint32_t head) {
    if (reached.is_marked(head)) return;
    found.heads.push_back(head);
    reached.mark_from(head);
  };
  for (std::uint32_t i = 0; i < node; ++i)
    if (!has_lost_parent[i]) add_head(i);
  for (std::uint32_t i = 0; i < node; ++i) add_head(i);  // what is left are rings
  std::sort(found.heads.begin(), found.heads.end());
  return found;
}

}  // namespace loopscope::model
