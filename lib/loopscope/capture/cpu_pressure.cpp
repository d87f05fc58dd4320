#include <loopscope/base/cgroup.hpp>
#include <loopscope/capture/cpu_pressure.hpp>

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

cpu_pressure read_cpu_pressure(std::filesystem::path const& root) {
  cpu_pressure now{.throttled = {}, .stolen = stolen_time(root)};
  for (auto const& group : cgroups_of_process("cpu", root))
    now.throttled = std::max(now.throttled, throttled_time(group));
  return now;
}

}  // namespace loopscope::capture
