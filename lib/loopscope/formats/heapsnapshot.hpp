#pragma once

#include <loopscope/formats/heap_capture.hpp>
#include <loopscope/model/presentation.hpp>

#include <iosfwd>

namespace loopscope::formats {

/// Writes the graph of live blocks as V8's heap snapshots have it, for the Memory panel of Chrome
/// DevTools: blocks by type, what holds them, and the stacks that allocated them.
///
/// Under `(GC roots)` stand the registered roots, `(Static storage)` with a node for each variable,
/// `(Stacks)` with one for each thread, and `(Unreached: leaked or hidden)` with the heads of what
/// nothing leads to. The id of a block is the same in every snapshot of a process, and no other
/// block's; so is that of a variable. Samples stand below `(Sampled: no retainers known)`.
///
/// Memory: names, stacks and roots. Blocks and edges pass through. Errors show in the stream's
/// state.
///
/// Source: https://github.com/v8/v8/blob/main/src/profiler/heap-snapshot-generator.cc
/// (HeapSnapshotJSONSerializer).
void write_heapsnapshot(std::ostream& to, heap_capture const& capture, model::frame_style frames);

}  // namespace loopscope::formats
