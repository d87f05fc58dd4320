#pragma once

#include <chrono>
#include <filesystem>
#include <map>

namespace loopscope::capture {

/// CPU time that the process was kept from.
struct cpu_contention {
  std::chrono::duration<double> throttled{};  ///< by the tightest of the process' groups
  std::chrono::duration<double> stolen{};     ///< by the hypervisor, all CPUs together
};

/// What the system has counted since boot.
struct cpu_contention_counters {
  std::map<std::filesystem::path, std::chrono::duration<double>> throttled;  ///< by group
  std::chrono::duration<double> stolen{};
};

/// What came in between. Groups that are not in both are left out.
cpu_contention operator-(cpu_contention_counters const& later,
                         cpu_contention_counters const& earlier);

/// \param root  where `proc` and `sys` lie; another one only in tests.
/// \return  without what the system does not tell.
/// \thread  worker: it reads files
/// Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.stat) and proc(5), /proc/stat.
cpu_contention_counters read_cpu_contention(std::filesystem::path const& root = "/");

}  // namespace loopscope::capture
