#pragma once

#include <loopscope/formats/heap_capture.hpp>
#include <loopscope/model/symbolized_profile.hpp>

#include <iosfwd>

namespace loopscope::formats {

/// Writes `.pb.gz`, as `go tool pprof` and Speedscope read it: a gzipped protocol buffer with two
/// values for each stack, `samples` (count) and `wall` (nanoseconds), and the label `route`.
///
/// A sample's `wall` is one period, and one more for each timer tick that was lost before it:
/// `.folded` and `.cpuprofile` give it the same. The waiting of the loop keeps its stack;
/// `-ignore=epoll_wait` hides it. All frames are there: `-hide` and `-show_from` select.
///
/// A function's `system_name` is the linker's, mangled: `-symbolize=demangle=full` shows all of it.
/// Errors show in the stream's state. Memory: the different stacks and strings.
/// Source: https://github.com/google/pprof/blob/main/proto/profile.proto
void write_pprof(std::ostream& out, model::symbolized_profile const& profile);

/// The same of a heap: `inuse_objects` and `inuse_space` by allocation stack, and where every
/// allocation was seen `alloc_objects` and `alloc_space` since tracking began.
void write_pprof(std::ostream& out, heap_capture const& capture);

}  // namespace loopscope::formats
