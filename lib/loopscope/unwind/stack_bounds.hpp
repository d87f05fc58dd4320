#pragma once

#include <loopscope/unwind/address_range.hpp>

namespace loopscope::unwind {

/// The calling thread's stack.
/// \throws system_error if the C library does not tell.
address_range own_stack();

}  // namespace loopscope::unwind
