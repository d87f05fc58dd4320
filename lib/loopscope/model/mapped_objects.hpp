#pragma once

#include <loopscope/model/memory_map.hpp>
#include <loopscope/model/program_image.hpp>

#include <span>
#include <vector>

namespace loopscope::model {

/// The ELF files whose code this process has mapped, with the build ids that stand in its memory:
/// those of the files that it runs, whatever lies at their paths by now.
/// \param maps  of this process, as from `parse_maps`.
/// \return one for each executable mapping of such a file, in their order. \thread any
std::vector<mapped_object> mapped_objects(std::span<mapping const> maps);

}  // namespace loopscope::model
