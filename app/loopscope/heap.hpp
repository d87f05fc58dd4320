#pragma once

#include "arguments.hpp"

#include <iosfwd>
#include <stdexcept>

namespace loopscope::tool {

/// The ids of two snapshots are those of different processes.
struct not_comparable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Shows what is in a heap snapshot, or two, as a table or as one line of JSON. The memory that it
/// takes, with what it works with, is at most: 69 bytes a node and 8 an edge for `top` and
/// `dominators` (24 more a node where that lists all), 57 and 8 for `retainers` (8 more for each
/// edge to what was asked for), and for `diff` 33 bytes a node of both; and in any case the names.
/// \throws not_comparable
/// \throws exception  with a line that names the file and the reason.
void show_heap(heap_top_arguments const& asked, std::ostream& out);
void show_heap(heap_diff_arguments const& asked, std::ostream& out);
void show_heap(heap_retainers_arguments const& asked, std::ostream& out);
void show_heap(heap_dominators_arguments const& asked, std::ostream& out);

}  // namespace loopscope::tool
