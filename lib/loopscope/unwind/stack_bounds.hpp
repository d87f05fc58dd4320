#pragma once

#include <loopscope/unwind/address_range.hpp>

namespace loopscope::unwind {

/// The calling thread's stack.
/// \return  empty if the C library cannot tell, as of the first thread where there is no /proc: a
///          walk then asks the kernel about every page that it reads.
address_range own_stack();

}  // namespace loopscope::unwind
