#include <loopscope/base/expects.hpp>
#include <loopscope/formats/heap_capture.hpp>
#include <loopscope/model/heap_reach.hpp>
#include <loopscope/model/raw_heap.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

// Whatever is read as a heap capture has indexes that name something: everything that goes over its
// records stays inside of it.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  namespace model = loopscope::model;
  auto const read = model::read_raw_heap({reinterpret_cast<char const*>(data), size});
  if (!read) return 0;
  auto const reach = model::reach_of(*read);
  LOOPSCOPE_EXPECTS(reach.heads.size() <= reach.unreached && reach.unreached <= read->node_count);
  std::uint64_t live = 0;
  for (auto const& each : loopscope::formats::totals_by_stack(*read)) live += each.live_objects;
  LOOPSCOPE_EXPECTS(live >= read->node_count);
  return 0;
}
