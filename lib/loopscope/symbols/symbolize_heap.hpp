#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/model/presentation.hpp>
#include <loopscope/model/raw_heap.hpp>
#include <loopscope/model/symbolized_heap.hpp>
#include <loopscope/symbols/symbolize.hpp>

namespace loopscope::symbols {

/// Gives names to the stacks, types and static variables of a heap capture, by the files on this
/// disk. Memory: that of its stacks and of the static variables that hold blocks, not of blocks.
/// \return errc::raw_malformed  its memory map cannot be read.
/// \throws system_error, wrong_executable  as the symbolizer does.
result<model::symbolized_heap> symbolize_heap(
    model::heap_sections const& raw, file_places const& places = {},
    model::name_style style = model::name_style::shortened);

}  // namespace loopscope::symbols
