#pragma once

#include <loopscope/unwind/address_range.hpp>

namespace loopscope::unwind {

/// The calling thread's stack.
/// \return  empty if the C library cannot tell, as of the first thread where there is no /proc:
/// then
///          every page that a walk reads is asked for.
address_range own_stack();

}  // namespace loopscope::unwind
