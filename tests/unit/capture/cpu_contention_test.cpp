#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/capture/cpu_contention.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace loopscope;
using namespace std::chrono_literals;

namespace {

constexpr pid_t loop_thread = 4321;

// A made-up system.
struct machine {
  test::temp_dir root;

  void put(fs::path const& path, std::string_view text) {
    auto const file = root.path() / path;
    fs::create_directories(file.parent_path());
    test::write_file(file, text);
  }
  [[nodiscard]] capture::cpu_contention_counters counted() const {
    return capture::read_cpu_contention(loop_thread, root.path());
  }
  // Since boot, when all counters were zero.
  [[nodiscard]] capture::cpu_contention read() const {
    auto const now = counted();
    auto boot = now;
    boot.stolen = {};
    for (auto& [group, time] : boot.throttled) time = {};
    return now - boot;
  }
};

}  // namespace

TEST_CASE("The time that a process is kept from the CPU", "[capture]") {
  machine host;

  SECTION("is zero where nothing reports it") {
    CHECK(host.read().throttled.count() == 0);
    CHECK(host.read().stolen.count() == 0);
  }

  SECTION("is counted in microseconds by version 2 of cgroups") {
    host.put("proc/self/cgroup", "0::/app\n");
    host.put("sys/fs/cgroup/app/cpu.stat",
             "usage_usec 9000000\nnr_throttled 3\nthrottled_usec 1500000\n");

    CHECK(host.read().throttled.count() == 1.5);
  }

  SECTION("is counted in nanoseconds by version 1 of cgroups") {
    host.put("proc/self/cgroup", "4:cpu,cpuacct:/app\n1:memory:/other\n");
    host.put("sys/fs/cgroup/cpu/app/cpu.stat",
             "nr_periods 5\nnr_throttled 3\nthrottled_time 2500000000\n");

    CHECK(host.read().throttled.count() == 2.5);
  }

  SECTION("is that of the tightest group") {
    host.put("proc/self/cgroup", "0::/outer/inner\n");
    host.put("sys/fs/cgroup/cpu.stat", "throttled_usec 100000\n");
    host.put("sys/fs/cgroup/outer/cpu.stat", "throttled_usec 700000\n");
    host.put("sys/fs/cgroup/outer/inner/cpu.stat", "throttled_usec 200000\n");

    CHECK(host.read().throttled.count() == 0.7);
  }

  SECTION("is that of the group that was throttled most meanwhile, whatever was before") {
    host.put("proc/self/cgroup", "0::/outer/inner\n");
    host.put("sys/fs/cgroup/outer/cpu.stat", "throttled_usec 900000000\n");
    host.put("sys/fs/cgroup/outer/inner/cpu.stat", "throttled_usec 200000\n");
    auto const before = host.counted();
    host.put("sys/fs/cgroup/outer/cpu.stat", "throttled_usec 900100000\n");
    host.put("sys/fs/cgroup/outer/inner/cpu.stat", "throttled_usec 700000\n");

    CHECK((host.counted() - before).throttled.count() == Approx(0.5));
  }

  SECTION("does not count a group that was not there before") {
    host.put("proc/self/cgroup", "0::/old\n");
    auto const before = host.counted();
    host.put("proc/self/cgroup", "0::/new\n");
    host.put("sys/fs/cgroup/new/cpu.stat", "throttled_usec 700000\n");

    CHECK((host.counted() - before).throttled.count() == 0);
  }

  SECTION("has what the hypervisor stole, in ticks") {
    auto const ticks = sysconf(_SC_CLK_TCK);
    host.put("proc/stat", "cpu  1 2 3 4 5 6 7 " + std::to_string(3 * ticks) +
                              " 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n");

    CHECK(host.read().stolen.count() == 3);
  }

  SECTION("is zero for a system that does not count what is stolen") {
    host.put("proc/stat", "cpu  1 2 3 4\n");

    CHECK(host.read().stolen.count() == 0);
  }

  SECTION("has how long the loop thread waited for a CPU, in nanoseconds") {
    host.put("proc/self/task/4321/schedstat", "1000000000 500000000 17\n");
    auto const before = host.counted();
    host.put("proc/self/task/4321/schedstat", "3500000000 1750000000 40\n");
    auto const passed = host.counted() - before;

    CHECK(passed.run_queue.count() == 1.25);
  }

  SECTION("is zero for a kernel that does not count for threads") {
    CHECK(host.read().run_queue.count() == 0);
  }

  SECTION("can be read on this very system") {
    auto const before = capture::read_cpu_contention(gettid());
    auto const end = before.process_cpu + 200ms;
    auto now = before;
    while (now.process_cpu < end) now = capture::read_cpu_contention(gettid());
    auto const passed = now - before;

    CHECK(passed.throttled.count() >= 0);
    CHECK(passed.stolen.count() >= 0);
    CHECK(passed.process_cpu >= 200ms);
    CHECK(passed.loop_cpu > 0ms);
    CHECK(passed.run_queue.count() >= 0);
  }
}
