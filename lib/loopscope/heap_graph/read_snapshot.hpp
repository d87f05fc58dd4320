#pragma once

#include <loopscope/heap_graph/heap_snapshot.hpp>

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace loopscope::heap_graph {

/// Gives the next bytes of a file, as many as it likes; 0: there are no more.
using byte_source = std::function<std::size_t(std::span<char>)>;

/// Why bytes are no heap snapshot.
struct malformed_snapshot {
  std::string reason;        ///< as in "it ends early"
  std::uint64_t offset = 0;  ///< of the byte where it shows
};

/// What is kept of a snapshot. The rest is read over; all of its counts are checked.
enum class snapshot_parts {
  nodes,       ///< no edges
  edges,       ///< edges without the names of the properties
  properties,  ///< edges with these
};

using read_result = boost::system::result<heap_snapshot, malformed_snapshot>;

/// Reads a `.heapsnapshot`, as loopscope and V8 write it: any node and edge fields, as far as those
/// of today are among them. The bytes may be anything; memory is bounded by what heap_snapshot says
/// for the nodes and edges that are really there, and twice that for a moment without `size`.
/// \param size  bytes of the file if it is known, else 0.
/// \throws  what the source throws.
/// Source: HeapSnapshotJSONSerializer in v8/src/profiler/heap-snapshot-generator.cc;
/// HeapSnapshot.ts in Chrome DevTools reads it.
read_result read_snapshot(byte_source const& source, std::uint64_t size, snapshot_parts wanted);

/// The same of a file. \throws system_error  it cannot be read; with the path. \thread worker
read_result read_snapshot(std::filesystem::path const& path, snapshot_parts wanted);

}  // namespace loopscope::heap_graph
