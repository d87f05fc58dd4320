#pragma once

#include <loopscope/heap_graph/diff.hpp>
#include <loopscope/heap_graph/dominators.hpp>
#include <loopscope/heap_graph/groups.hpp>
#include <loopscope/heap_graph/heap_snapshot.hpp>
#include <loopscope/heap_graph/largest.hpp>
#include <loopscope/heap_graph/retainers.hpp>
#include <loopscope/heap_graph/top.hpp>

#include <cstdint>
#include <iosfwd>
#include <span>

namespace loopscope::tool {

/// Some objects together.
struct object_sum {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

// Each writes one line.

void write_top_json(std::ostream& out, heap_graph::group_by by, object_sum all,
                    std::span<heap_graph::top_row const> rows);

void write_diff_json(std::ostream& out, object_sum came, object_sum went,
                     std::span<heap_graph::diff_row const> types,
                     std::span<heap_graph::diff_row const> sites);

void write_retainers_json(std::ostream& out, object_sum all,
                          std::span<heap_graph::retainer_row const> rows);

void write_dominators_json(std::ostream& out, heap_graph::heap_snapshot const& heap,
                           heap_graph::dominator_tree const& tree, object_sum unreached,
                           std::span<heap_graph::largest_row const> rows);

}  // namespace loopscope::tool
