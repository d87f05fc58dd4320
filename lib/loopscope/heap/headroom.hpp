#pragma once

#include <loopscope/base/byte_count.hpp>

#include <filesystem>

namespace loopscope::heap {

/// How much more memory this process can use before the kernel kills something.
///
/// The least of the machine's MemAvailable and what every memory cgroup above the process still
/// allows, page cache that can be dropped not counted. malloc does not tell: with overcommit it
/// succeeds, and the OOM killer comes when the pages are touched.
///
/// \param root  where `proc` and `sys` lie; another one only in tests.
/// \return  the largest number if no limit is known.
/// \thread  any; it reads some files of /proc and /sys.
/// Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (memory.max, memory.current,
///         memory.stat) and cgroup-v1/memory.html.
byte_count memory_headroom(std::filesystem::path const& root = "/");

}  // namespace loopscope::heap
