#include "support/heap_text.hpp"

#include <loopscope/base/expects.hpp>
#include <loopscope/heap_graph/diff.hpp>
#include <loopscope/heap_graph/dominators.hpp>
#include <loopscope/heap_graph/largest.hpp>
#include <loopscope/heap_graph/retainers.hpp>
#include <loopscope/heap_graph/top.hpp>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <sstream>

using namespace loopscope;

namespace {

constexpr std::uint32_t most_nodes = 200;  // of heaps that are compared with the definition

void check_retained(heap_graph::heap_snapshot const& heap, heap_graph::dominator_tree const& tree) {
  if (heap.size() > most_nodes) return;
  for (std::uint32_t node = 0; node < heap.size(); ++node)
    LOOPSCOPE_EXPECTS(tree.retained_bytes[node] == test::retained_by_definition(heap, node));
}

void check_groups(heap_graph::heap_snapshot const& heap, heap_graph::dominator_tree const& tree,
                  heap_graph::group_by by) {
  std::uint64_t count = 0;
  for (auto const& row : heap_graph::top(heap, tree, by)) {
    LOOPSCOPE_EXPECTS(row.self_bytes <= row.retained_bytes);
    count += row.count;
  }
  for (std::uint32_t node = 0; node < heap.size(); ++node) count -= heap.is_object(node) ? 1 : 0;
  LOOPSCOPE_EXPECTS(count == 0);
  LOOPSCOPE_EXPECTS(heap_graph::diff(heap, heap, heap_graph::find_changes(heap, heap), by).empty());
}

}  // namespace

// Any bytes are refused, or are a heap, and everything in it can be shown.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  auto const read = test::read_heap(text, heap_graph::snapshot_parts::properties, 4096);
  if (!read) return 0;
  auto const& heap = *read;
  auto const tree = heap_graph::find_dominators(heap);
  check_retained(heap, tree);
  check_groups(heap, tree, heap_graph::group_by::type);
  check_groups(heap, tree, heap_graph::group_by::site);
  if (heap.size() != 0)
    LOOPSCOPE_EXPECTS(heap_graph::largest(tree, 0, 0).size() + 1 == tree.order.size());
  std::vector<std::uint32_t> all(heap.size());
  std::iota(all.begin(), all.end(), 0U);
  constexpr std::size_t rows = 20;
  heap_graph::find_retainers(heap, all, rows);
  std::ostringstream out;
  heap_graph::write_folded_growth(out, {}, heap, {all, {}});
  return 0;
}
