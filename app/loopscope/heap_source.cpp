#include "heap_source.hpp"

#include "encode_failure.hpp"

#include <loopscope/base/expects.hpp>
#include <loopscope/formats/heapprofile.hpp>
#include <loopscope/formats/heapsnapshot.hpp>
#include <loopscope/formats/pprof.hpp>
#include <loopscope/symbols/symbolize_heap.hpp>

#include <ostream>
#include <utility>

namespace loopscope::tool {

namespace {

model::heap_sections read_capture(std::string_view bytes, encode_arguments const& asked) {
  auto raw = model::read_raw_heap(bytes);
  if (!raw) fail(asked.raw, raw.error().message());
  return std::move(*raw);
}

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

heap_source::heap_source(std::string_view bytes, encode_arguments const& asked)
    : frames_{asked.shown.frames},
      raw_{read_capture(bytes, asked)},
      named_{with_names(asked,
                        [&](symbols::file_places const& places) {
                          return symbols::symbolize_heap(raw_, places, asked.shown.names);
                        })},
      reach_{model::reach_of(raw_)} {}

void heap_source::write(std::ostream& to, std::string_view format) const {
  formats::heap_capture const capture{raw_, named_, reach_};
  if (format == native_format) {
    to << raw_.heap.gperftools;
    return;
  }
  if (format == "heapsnapshot") return formats::write_heapsnapshot(to, capture, frames_);
  if (format == "heapprofile") return formats::write_heapprofile(to, capture, frames_);
  LOOPSCOPE_EXPECTS(format == "heap.pb.gz");
  formats::write_pprof(to, capture);
}

boost::json::object heap_source::summary() const {
  std::uint64_t untyped = 0;
  model::for_each_record<model::raw_heap_node>(raw_.nodes, [&](model::raw_heap_node const& each) {
    untyped += formats::is_typed(named_, each.type, each.stack) ? 0 : 1;
  });
  std::uint64_t frames = 0;
  std::uint64_t unresolved = 0;
  for (auto const& stack : named_.stacks)
    for (auto const location : stack.locations) {
      ++frames;
      unresolved += named_.locations[location].named ? 0 : 1;
    }
  auto const& scan = raw_.heap.scan;
  return {{"objects", raw_.node_count},
          {"samples", raw_.heap.samples.size()},
          {"liveBytes", scan.live_bytes},
          {"scannedBytes", scan.scanned_bytes},
          {"edges", scan.edges},
          {"unreachedObjects", reach_.unreached},
          {"unreachedBytes", reach_.unreached_bytes},
          {"untypedShare", share_of(untyped, raw_.node_count)},
          {"frames", frames},
          {"unresolved", unresolved},
          {"unresolvedShare", share_of(unresolved, frames)}};
}

}  // namespace loopscope::tool
