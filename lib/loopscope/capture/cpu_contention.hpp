#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <sys/types.h>

namespace loopscope::capture {

/// CPU time that the process got, and that it was kept from.
struct cpu_contention {
  using seconds = std::chrono::duration<double>;

  seconds throttled{};    ///< by the tightest of the process' groups
  seconds stolen{};       ///< by the hypervisor, all CPUs together
  seconds loop_cpu{};     ///< used by the loop thread
  seconds run_queue{};    ///< the loop thread could have run, and waited for a CPU
  seconds process_cpu{};  ///< used by all threads of the process
};

/// What the system has counted since boot, or since thread and process began.
struct cpu_contention_counters {
  std::map<std::filesystem::path, std::chrono::duration<double>> throttled;  ///< by group
  std::chrono::duration<double> stolen{};
  std::chrono::duration<double> loop_cpu{};
  std::chrono::duration<double> run_queue{};
  std::chrono::duration<double> process_cpu{};
};

/// What came in between. Groups that are not in both are left out.
cpu_contention operator-(cpu_contention_counters const& later,
                         cpu_contention_counters const& earlier);

/// \param loop_thread  as the kernel numbers it, of this process.
/// \param root  where `proc` and `sys` lie; another one only in tests.
/// \return  without what the system does not tell.
/// \thread  worker: it reads files
/// Source: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.stat), proc(5), /proc/stat, and
/// https://docs.kernel.org/scheduler/sched-stats.html (/proc/<pid>/schedstat).
cpu_contention_counters read_cpu_contention(pid_t loop_thread,
                                            std::filesystem::path const& root = "/");

}  // namespace loopscope::capture
