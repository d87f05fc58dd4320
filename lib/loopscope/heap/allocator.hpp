#pragma once

#include <loopscope/base/byte_count.hpp>

#include <optional>

namespace loopscope::heap {

/// What tcmalloc knows about its memory.
struct allocator_stats {
  byte_count allocated;           ///< in use by the program
  byte_count heap;                ///< taken from the system, used or not
  byte_count page_heap_free;      ///< whole pages that wait for reuse, still resident
  byte_count page_heap_unmapped;  ///< whole pages given back to the system, address space only
  byte_count thread_cache;        ///< small free objects held by threads
  byte_count central_cache;       ///< small free objects held for all threads
};

/// The allocator's figures, or none where the program does not run on tcmalloc. \thread any
std::optional<allocator_stats> read_allocator_stats();

/// Gives free pages back to the system, so that resident memory falls. May take milliseconds
/// for each 100 MB. Without tcmalloc it asks the C library for the same. \thread worker
void release_free_memory();

}  // namespace loopscope::heap
