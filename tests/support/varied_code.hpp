#pragma once

/// The same code compiled twice. It has what makes stacks hard to walk: room of unknown size,
/// realigned frames, throws, callbacks out of the C library, jumps in place of calls, and a handler
/// on a stack of its own.
namespace loopscope::test {

/// \param in_handler  called by the signal handler.
namespace with_frame_pointers {
void run_varied_code(void (*in_handler)());
}
namespace without_frame_pointers {
void run_varied_code(void (*in_handler)());
}

}  // namespace loopscope::test
