#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/model/raw_cpu_profile.hpp>
#include <loopscope/model/symbolized_profile.hpp>

#include <string>

namespace loopscope::symbols {

/// Gives names to the addresses of a capture, by the files on this disk.
///
/// What starts the program or a thread is left out of the stacks: their outermost frames, as far as
/// they are of the C or C++ library, or have no name. A stack whose innermost function is
/// `epoll_wait`, or a variant of it, is idle.
/// \param executable  where the program lies on this machine; empty: where it ran.
/// \return errc::raw_malformed  its memory map cannot be read.
/// \throws system_error, wrong_executable  as the symbolizer does.
result<model::symbolized_profile> symbolize(model::raw_cpu_profile const& raw,
                                            std::string const& executable = {});

}  // namespace loopscope::symbols
