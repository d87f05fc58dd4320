#pragma once

#include <chrono>
#include <filesystem>

namespace loopscope::capture {

/// CPU time that the process was kept from, since boot. Two readings make a difference.
struct cpu_pressure {
  std::chrono::duration<double> throttled{};  ///< the tightest of the process' groups
  std::chrono::duration<double> stolen{};     ///< by the hypervisor, all CPUs together
};

/// \param root  where `proc` and `sys` lie; another one only in tests.
/// \return  zeros for what the system does not tell.
/// \thread  worker: it reads files
/// Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.stat) and proc(5), /proc/stat.
cpu_pressure read_cpu_pressure(std::filesystem::path const& root = "/");

}  // namespace loopscope::capture
