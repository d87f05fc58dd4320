#pragma once

#include <loopscope/base/byte_count.hpp>

#include <filesystem>

namespace loopscope::heap {

/// How much more memory this process can use before an allocation fails or the kernel kills
/// something.
///
/// The least of the machine's MemAvailable, what every memory cgroup above the process still
/// allows, page cache that can be dropped not counted, and what is left of RLIMIT_AS and
/// RLIMIT_DATA (`ulimit -v`, `-d`). malloc does not tell of the first two: with overcommit it
/// succeeds, and the OOM killer comes when the pages are touched.
///
/// \return  the largest number if no limit is known. An allocation of less may still fail: what
///          the allocator holds free may lie in pieces.
/// \thread  any; it reads some files of /proc and /sys.
/// Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (memory.max, memory.current,
///         memory.stat) and cgroup-v1/memory.html; getrlimit(2), proc(5) on /proc/pid/limits.
byte_count memory_headroom();

/// The same of another root directory, for tests.
/// \param root  where `proc` and `sys` lie.
/// \param reusable  mapped but free in the allocator: counts as left of the process' own limits.
byte_count memory_headroom(std::filesystem::path const& root, byte_count reusable);

}  // namespace loopscope::heap
