#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/model/presentation.hpp>
#include <loopscope/model/raw_cpu_profile.hpp>
#include <loopscope/model/symbolized_profile.hpp>

#include <string>
#include <sys/types.h>

namespace loopscope::symbols {

/// Where the files of a capture are, beyond the paths at which they were mapped.
struct file_places {
  std::string executable{};  ///< where the program lies on this machine; empty: where it ran
  pid_t process = 0;         ///< that was captured, if it may still run; 0: none
};

/// Gives names to the addresses of a capture, by the files on this disk.
///
/// What starts the program or a thread is left out of the stacks: their outermost frames, as far as
/// they are of the C or C++ library, or have no name. A stack whose innermost function is
/// `epoll_wait`, or a variant of it, is idle.
/// \param style  of the functions' names; it changes nothing else.
/// \return errc::raw_malformed  its memory map cannot be read.
/// \throws system_error, wrong_executable  as the symbolizer does.
result<model::symbolized_profile> symbolize(model::raw_cpu_profile const& raw,
                                            file_places const& places = {},
                                            model::name_style style = model::name_style::shortened);

}  // namespace loopscope::symbols
