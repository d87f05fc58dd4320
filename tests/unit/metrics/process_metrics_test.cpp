#include "support/catch.hpp"
#include "support/scrape.hpp"

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/metrics/process_metrics.hpp>

#include <prometheus/registry.h>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <future>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace loopscope;
using namespace std::chrono_literals;

namespace {

struct process {
  prometheus::Registry registry;
  metrics::process_metrics metrics{registry};

  process() { metrics.update(); }

  // The value after a new look at the process.
  double operator()(char const* name) {
    metrics.update();
    return test::scrape{registry}.value(name).value();
  }
};

double seconds(timeval const& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double cpu_seconds() {
  rusage usage{};
  REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Field `number`, from 0, of /proc/self/statm in bytes.
double statm_bytes(int number) {
  std::ifstream statm{"/proc/self/statm"};
  double pages = 0;
  for (int i = 0; i <= number; ++i) statm >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

TEST_CASE("CPU time is what the kernel counts", "[metrics]") {
  process self;

  SECTION("in total") {
    auto const before = cpu_seconds();
    auto const value = self("process_cpu_seconds_total");
    auto const after = cpu_seconds();

    CHECK(value >= before - 1e-6);
    CHECK(value <= after + 1e-6);
  }

  SECTION("as the sum of user and system time") {
    auto const rows = test::scrape{self.registry};

    CHECK(rows.value("process_cpu_seconds_total").value() ==
          Approx(rows.value("process_cpu_user_seconds_total").value() +
                 rows.value("process_cpu_system_seconds_total").value()));
  }

  SECTION("and grows with work") {
    auto const before = self("process_cpu_user_seconds_total");
    auto const patience = std::chrono::steady_clock::now() + 5s;
    auto now = before;
    while (now < before + 0.01 && std::chrono::steady_clock::now() < patience)
      now = self("process_cpu_user_seconds_total");

    CHECK(now >= before + 0.01);
  }
}

TEST_CASE("Memory is what the kernel counts, in bytes", "[metrics]") {
  process self;

  SECTION("resident and virtual") {
    CHECK(self("process_resident_memory_bytes") == Approx(statm_bytes(1)).epsilon(0.2));
    CHECK(self("process_virtual_memory_bytes") == Approx(statm_bytes(0)).epsilon(0.2));
    CHECK(self("process_heap_bytes") == Approx(statm_bytes(5)).epsilon(0.2));
  }

  SECTION("resident follows the program") {
    constexpr std::size_t size = 32 << 20;
    auto const before = self("process_resident_memory_bytes");
    // Not from the allocator, which may have kept as much from earlier.
    auto* const block =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(block != MAP_FAILED);
    std::memset(block, 1, size);

    CHECK(self("process_resident_memory_bytes") >= before + size * 0.9);
    munmap(block, size);
  }
}

TEST_CASE("Open files are counted", "[metrics]") {
  process self;

  SECTION("each of them, and none for the counting") {
    auto const before = self("process_open_fds");
    CHECK(before >= 3);
    std::vector<file_descriptor> files;
    files.reserve(5);
    for (int i = 0; i < 5; ++i) files.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(self("process_open_fds") == before + 5);
    files.clear();

    CHECK(self("process_open_fds") == before);
  }

  SECTION("under the limit of the process") {
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);

    CHECK(self("process_max_fds") == static_cast<double>(limit.rlim_cur));
  }
}

TEST_CASE("Threads are counted", "[metrics]") {
  process self;
  std::thread{[] {}}.join();  // with the first thread, a sanitizer starts one of its own
  auto const before = self("process_threads");
  CHECK(before >= 1);
  std::promise<void> may_end;
  auto const ended = may_end.get_future().share();
  std::jthread const thread{[ended] { ended.wait(); }};

  CHECK(self("process_threads") == before + 1);
  may_end.set_value();
}

TEST_CASE("The start of the process is a time in the past", "[metrics]") {
  process self;
  auto const start = self("process_start_time_seconds");
  auto const now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();

  // Boot time is whole seconds.
  CHECK(start <= now + 1);
  CHECK(start > now - 600);
  CHECK(self("process_start_time_seconds") == start);
}
