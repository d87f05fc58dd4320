#pragma once

#include <cstddef>

namespace loopscope {

/// Raises the process' soft limit of open files to `wanted`, or as far as the hard limit lets it.
/// It is never lowered.
/// \return the soft limit as it is then.
/// \throws system_error if the system does not tell it.
/// \thread any
/// Source: getrlimit(2), RLIMIT_NOFILE.
std::size_t raise_descriptor_limit(std::size_t wanted);

}  // namespace loopscope
