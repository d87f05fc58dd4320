#pragma once

#include <loopscope/unwind/address_range.hpp>

#include <cstdint>

namespace loopscope::unwind {

/// The calling thread's stack.
/// \throws system_error if the C library does not tell.
address_range own_stack();

/// The text of the running executable.
address_range executable_text();

/// The frame of the calling thread's first function in our text, such as main: what called it is
/// the C library's start, of no interest and slow to find by tables.
/// \return  0 if there is none.
std::uintptr_t outermost_frame(address_range stack, address_range text);

}  // namespace loopscope::unwind
