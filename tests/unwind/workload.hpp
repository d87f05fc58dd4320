#pragma once

/// A varied program to be interrupted: its functions are compiled with and without frame pointers.
namespace workload {

/// Calls for the optimizer to see: sorting, regular expressions, streams, throws, coroutines.
/// \param scale  about so many times 100 us.
void run_library_calls(int scale);

/// What is hard to walk: assembler of the C library and OpenSSL, the vDSO, stubs, realigned frames,
/// jumps, signal frames on two stacks, deep recursion. \param scale  as above.
void run_low_level_code(int scale);

inline void run(int scale) {
  run_library_calls(scale);
  run_low_level_code(scale);
}

}  // namespace workload
