#pragma once

#include <functional>
#include <sys/types.h>

namespace loopscope::process {

/// Starts a process that reap_orphan() leaves alone, from its first moment on.
/// \param start  returns its number; it may throw.
/// \thread any
pid_t start_owned(std::function<pid_t()> const& start);

/// Waits for the end of such a process, reaps it and gives its number free.
/// \return  what waitpid() does, with the status in `status`.
/// \thread any
pid_t reap_owned(pid_t pid, int& status) noexcept;

}  // namespace loopscope::process
