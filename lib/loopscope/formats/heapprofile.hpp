#pragma once

#include <loopscope/formats/heap_capture.hpp>
#include <loopscope/model/presentation.hpp>

#include <iosfwd>

namespace loopscope::formats {

/// Writes what is alive by allocation stack, as V8's sampling heap profiler does: Chrome DevTools
/// opens it as a `.heapprofile`. `ordinal` numbers the samples, one for each node with live bytes.
/// Memory: the tree of stacks. Errors show in the stream's state.
///
/// Source: https://chromedevtools.github.io/devtools-protocol/tot/HeapProfiler/
/// (SamplingHeapProfile).
void write_heapprofile(std::ostream& to, heap_capture const& capture, model::frame_style frames);

}  // namespace loopscope::formats
