#pragma once

#include <loopscope/unwind/unwind_map.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace loopscope::unwind {

/// A loaded object, with a copy of .eh_frame unless its table is already known.
struct found_object {
  mapped_object object;
  std::uintptr_t section = 0;  ///< where .eh_frame lies; 0 if there is none
  std::vector<std::byte> bytes;
};

struct loaded_objects {
  std::vector<found_object> found;
  unwind_map::generation at;
};

/// Takes from every loaded object what parsing needs, under the dynamic linker's lock: it keeps
/// them mapped. An object of `previous` keeps its table if it is the same one.
/// \throws  bad_alloc
loaded_objects find_loaded_objects(unwind_map const* previous);

}  // namespace loopscope::unwind
