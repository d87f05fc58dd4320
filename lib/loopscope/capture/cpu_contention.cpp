#include <loopscope/base/cgroup.hpp>
#include <loopscope/capture/cpu_contention.hpp>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>
#include <unistd.h>

namespace loopscope::capture {

namespace {

using seconds = std::chrono::duration<double>;

// Version 2 counts microseconds, version 1 nanoseconds.
seconds throttled_time(cgroup const& group) {
  std::ifstream file{group.directory / "cpu.stat"};
  std::string name;
  double value = 0;
  while (file >> name >> value) {
    if (name == "throttled_usec") return seconds{value * 1e-6};
    if (name == "throttled_time") return seconds{value * 1e-9};
  }
  return {};
}

// `cpu user nice system idle iowait irq softirq steal ...` in clock ticks.
seconds stolen_time(std::filesystem::path const& root) {
  constexpr int fields_before_steal = 7;
  std::ifstream file{root / "proc/stat"};
  std::string name;
  double ticks = 0;
  file >> name;
  for (int i = 0; i <= fields_before_steal; ++i) file >> ticks;
  return file ? seconds{ticks / static_cast<double>(sysconf(_SC_CLK_TCK))} : seconds{};
}

// `<ran> <waited> <times>`, the first two in nanoseconds.
seconds run_queue_time(pid_t thread, std::filesystem::path const& root) {
  std::ifstream file{root / "proc/self/task" / std::to_string(thread) / "schedstat"};
  double ran_ns = 0;
  double waited_ns = 0;
  file >> ran_ns >> waited_ns;
  return file ? seconds{waited_ns * 1e-9} : seconds{};
}

// The clock of a thread's CPU time, as pthread_getcpuclockid makes it.
// Source: linux/posix-timers.h, make_thread_cpuclock(): ~thread << 3 | CPUCLOCK_PERTHREAD_MASK |
// CPUCLOCK_SCHED.
clockid_t cpu_clock_of(pid_t thread) {
  auto const number = ~static_cast<unsigned>(thread);
  return static_cast<clockid_t>(number << 3 | 4U | 2U);
}

seconds cpu_time(clockid_t clock) {
  timespec used{};
  if (clock_gettime(clock, &used) != 0) return {};
  return std::chrono::seconds{used.tv_sec} + std::chrono::nanoseconds{used.tv_nsec};
}

}  // namespace

cpu_contention operator-(cpu_contention_counters const& later,
                         cpu_contention_counters const& earlier) {
  cpu_contention between{.throttled = {},
                         .stolen = later.stolen - earlier.stolen,
                         .loop_cpu = later.loop_cpu - earlier.loop_cpu,
                         .run_queue = later.run_queue - earlier.run_queue,
                         .process_cpu = later.process_cpu - earlier.process_cpu};
  for (auto const& [group, time] : later.throttled)
    if (auto const before = earlier.throttled.find(group); before != earlier.throttled.end())
      between.throttled = std::max(between.throttled, time - before->second);
  return between;
}

cpu_contention_counters read_cpu_contention(pid_t loop_thread, std::filesystem::path const& root) {
  cpu_contention_counters now;
  now.stolen = stolen_time(root);
  now.run_queue = run_queue_time(loop_thread, root);
  now.loop_cpu = cpu_time(cpu_clock_of(loop_thread));
  now.process_cpu = cpu_time(CLOCK_PROCESS_CPUTIME_ID);
  for (auto const& group : cgroups_of_process("cpu", root))
    now.throttled[group.directory] = throttled_time(group);
  return now;
}

}  // namespace loopscope::capture
