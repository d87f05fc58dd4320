#pragma once

#include <sys/types.h>

namespace loopscope::process {

/// Reaps a process that has ended, unless it belongs to a `child` object, which does that itself.
///
/// For an application that inherits orphans, as process 1 of a container does. The numbers of the
/// processes that belong to `child` objects are a global of this module, behind a lock.
/// \return  false if it belongs to one, or is no child of ours that has ended.
/// \thread any
bool reap_orphan(pid_t pid) noexcept;

}  // namespace loopscope::process
