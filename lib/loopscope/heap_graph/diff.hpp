#pragma once

#include <loopscope/heap_graph/groups.hpp>
#include <loopscope/heap_graph/heap_snapshot.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace loopscope::heap_graph {

/// The objects that only one of two snapshots has: their ids are not in the other one.
struct object_changes {
  std::vector<std::uint32_t> came;  ///< nodes of the later snapshot, by ascending id
  std::vector<std::uint32_t> went;  ///< nodes of the earlier one, likewise
};

/// O(nodes log nodes); 4 bytes a node of both, and the outcome. \thread worker
object_changes find_changes(heap_snapshot const& from, heap_snapshot const& to);

/// How the objects of one name have changed.
struct diff_row {
  std::string name{};
  std::uint64_t came = 0;
  std::uint64_t went = 0;
  std::uint64_t came_bytes = 0;
  std::uint64_t went_bytes = 0;

  [[nodiscard]] std::int64_t count_delta() const noexcept {
    return static_cast<std::int64_t>(came - went);
  }
  [[nodiscard]] std::int64_t bytes_delta() const noexcept {
    return static_cast<std::int64_t>(came_bytes - went_bytes);
  }
};

/// The names whose objects came or went; the one that grew most by bytes first, then by count.
std::vector<diff_row> diff(heap_snapshot const& from, heap_snapshot const& to,
                           object_changes const& changes, group_by by);

/// The stacks whose objects have more bytes now, in the folded format: `outer;inner bytes`. The
/// order is that of the stacks in the snapshots. Objects without a stack are `(no stack)`.
/// Characters that would end a frame or line are written as `%3B`, `%0A` and `%0D`.
/// Source: https://github.com/brendangregg/FlameGraph, stackcollapse.pl.
void write_folded_growth(std::ostream& out, heap_snapshot const& from, heap_snapshot const& to,
                         object_changes const& changes);

}  // namespace loopscope::heap_graph
