#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/model/memory_map.hpp>

namespace loopscope::symbols {

/// The vdso of another process as a file in memory. It is on no disk: ours is taken, the kernel
/// being the same. None if ours is of another size.
file_descriptor copy_vdso(model::mapping const& like);

}  // namespace loopscope::symbols
