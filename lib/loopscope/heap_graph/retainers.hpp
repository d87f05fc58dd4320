#pragma once

#include <loopscope/heap_graph/heap_snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::heap_graph {

/// What some objects are retained by, in the same way.
struct retainer_row {
  std::vector<std::string> path{};  ///< from what retains them to a root; empty: nothing does
  std::uint64_t count = 0;          ///< of the objects
  std::uint64_t self_bytes = 0;
};

struct retainer_rows {
  std::vector<retainer_row> rows;
  std::size_t paths = 0;  ///< how many there are, also beyond the limit
};

/// The objects whose class has a name.
std::vector<std::uint32_t> objects_of_type(heap_snapshot const& heap, std::string_view name);

/// The objects with an id: one, if the snapshot is sound.
std::vector<std::uint32_t> objects_with_id(heap_snapshot const& heap, std::uint32_t id);

/// Whatever retains objects directly, each with its shortest path to a root, put together by the
/// names on the path; the path with the most bytes first, then with the most objects, then the
/// shortest. An object with several retainers counts in several rows. What is reached only through
/// the object itself is no retainer of it.
///
/// A path ends with the first root, or group of them, on the way. Its texts are names, with the
/// property that leads on where there is one: `Object.cache`. Several of one name in a row are one
/// text that ends with ` (chain)`, so that the elements of a list have one path.
/// \param heap     with edges; with their properties if they are to be named.
/// \param objects  of the heap.
/// \param limit    of rows; 0: none.
/// O(nodes + edges + retainers log retainers); 28 bytes a node, 8 a retainer, 24 a path, and the
/// texts of the rows. \thread worker
retainer_rows find_retainers(heap_snapshot const& heap, std::vector<std::uint32_t> const& objects,
                             std::size_t limit);

}  // namespace loopscope::heap_graph
