#pragma once

#include <loopscope/model/heap_reach.hpp>
#include <loopscope/model/raw_heap.hpp>
#include <loopscope/model/symbolized_heap.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::formats {

/// What is alive of one stack, and what it has ever allocated; of samples, what they stand for.
struct stack_totals {
  std::uint64_t live_objects = 0;
  std::uint64_t live_bytes = 0;
  std::uint64_t objects = 0;  ///< ever; not known of samples
  std::uint64_t bytes = 0;
};

/// A heap capture with names. Writers read its blocks from the file, one after the other.
struct heap_capture {
  model::heap_sections const& raw;
  model::symbolized_heap const& names;
  model::heap_reach const& reach;
};

/// By stack; the first is of blocks without one. O(blocks)
std::vector<stack_totals> totals_by_stack(model::heap_sections const& raw);

/// How the blocks of a type or, without one, of a stack are called.
/// \param type, stack  as in model::raw_heap_node.
std::string const& name_of(model::symbolized_heap const& names, std::uint32_t type,
                           std::uint32_t stack);

/// Whether that is a type.
bool is_typed(model::symbolized_heap const& names, std::uint32_t type, std::uint32_t stack);

}  // namespace loopscope::formats
