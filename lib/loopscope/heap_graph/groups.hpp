#pragma once

#include <loopscope/heap_graph/heap_snapshot.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::heap_graph {

/// What objects are put together by.
enum class group_by {
  type,  ///< the class that DevTools shows
  site,  ///< the innermost function of the stack that allocated them
};

constexpr std::string_view to_text(group_by by) {
  return by == group_by::type ? "type" : "site";
}

/// The objects of a snapshot in groups. Memory: 4 bytes a node, and the names.
struct groups {
  std::vector<std::string> names;  ///< all different, in the order in which they are met
  std::vector<std::uint32_t> of;   ///< by node: index of a name; none: it is no object
};

/// By site, objects whose stack is not known are in a group `(no stack)`.
groups group_objects(heap_snapshot const& heap, group_by by);

}  // namespace loopscope::heap_graph
