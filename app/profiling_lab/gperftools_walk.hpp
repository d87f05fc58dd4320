#pragma once

#include <string>

namespace lab {

/// Makes gperftools walk stacks with libgcc, which takes no lock in a signal handler; by default it
/// uses libunwind, whose locks deadlock beside dlclose.
///
/// gperftools reads its choice before main, so the process executes itself once more if the
/// variable TCMALLOC_STACKTRACE_METHOD is not set: same process, arguments, descriptors and name,
/// some ten milliseconds later. A value that is set stays. Call it first in main, before any
/// thread.
///
/// \param argv  of main.
/// \return  why gperftools keeps its default; empty if it does not.
std::string choose_gperftools_walk(char* const* argv);

}  // namespace lab
