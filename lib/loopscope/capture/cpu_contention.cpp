#include <loopscope/base/cgroup.hpp>
#include <loopscope/capture/cpu_contention.hpp>

#include <algorithm>
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

}  // namespace

cpu_contention operator-(cpu_contention_counters const& later,
                         cpu_contention_counters const& earlier) {
  cpu_contention between{.throttled = {}, .stolen = later.stolen - earlier.stolen};
  for (auto const& [group, time] : later.throttled)
    if (auto const before = earlier.throttled.find(group); before != earlier.throttled.end())
      between.throttled = std::max(between.throttled, time - before->second);
  return between;
}

cpu_contention_counters read_cpu_contention(std::filesystem::path const& root) {
  cpu_contention_counters now{.throttled = {}, .stolen = stolen_time(root)};
  for (auto const& group : cgroups_of_process("cpu", root))
    now.throttled[group.directory] = throttled_time(group);
  return now;
}

}  // namespace loopscope::capture
