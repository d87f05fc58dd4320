#include <loopscope/base/read_file.hpp>
#include <loopscope/metrics/process_metrics.hpp>

#include <dirent.h>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

namespace loopscope::metrics {

namespace {

double seconds(timeval const& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// A counter takes only by how much it grew.
void advance(prometheus::Counter& counter, double to) {
  auto const by = to - counter.Value();
  if (by > 0) counter.Increment(by);
}

// A `Name:   123 kB` or `Name:  123` row of /proc/self/status.
double status_value(std::string_view status, std::string_view name) {
  auto const row = status.find(name);
  if (row == std::string_view::npos) return 0;
  return std::stod(std::string{status.substr(row + name.size(), 32)});
}

double count_open_fds() {
  // Since Linux 6.2 the directory's size is the count; before it was 0.
  struct stat info {};
  if (stat("/proc/self/fd", &info) == 0 && info.st_size > 0)
    return static_cast<double>(info.st_size);
  std::unique_ptr<DIR, int (*)(DIR*)> const directory{opendir("/proc/self/fd"), closedir};
  double count = -3;  // `.`, `..` and the directory's own descriptor
  // NOLINTNEXTLINE(concurrency-mt-unsafe): our own stream
  while (directory && readdir(directory.get())) ++count;
  return directory ? count : 0;
}

// Unix time of the start: field 22 of /proc/self/stat, in clock ticks after boot.
double start_time() {
  auto const text = read_file_or_nothing("/proc/self/stat");
  std::istringstream after_name{text.substr(text.rfind(')') + 1)};
  std::string skipped;
  for (int field = 3; field < 22; ++field) after_name >> skipped;
  double ticks = 0;
  after_name >> ticks;

  auto const kernel = read_file_or_nothing("/proc/stat");
  return status_value(kernel, "\nbtime ") + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

process_metrics::process_metrics(families const& make)
    : cpu_user_{make.counter("process_cpu_user_seconds_total", "User CPU time spent in seconds.")},
      cpu_system_{
          make.counter("process_cpu_system_seconds_total", "System CPU time spent in seconds.")},
      cpu_{make.counter("process_cpu_seconds_total", "User and system CPU time spent in seconds.")},
      start_time_{make.gauge("process_start_time_seconds",
                             "Start time of the process in seconds since the Unix epoch.")},
      resident_{make.gauge("process_resident_memory_bytes", "Resident memory size in bytes.")},
      virtual_{make.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.")},
      heap_{make.gauge("process_heap_bytes", "Size of the data segment in bytes.")},
      open_fds_{make.gauge("process_open_fds", "Number of open file descriptors.")},
      max_fds_{make.gauge("process_max_fds", "Maximum number of open file descriptors.")},
      threads_{make.gauge("process_threads", "Number of threads.")} {
  start_time_.Set(start_time());
}

void process_metrics::update() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    advance(cpu_user_, seconds(usage.ru_utime));
    advance(cpu_system_, seconds(usage.ru_stime));
    advance(cpu_, seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  auto const status = read_file_or_nothing("/proc/self/status");
  constexpr double kib = 1024;
  resident_.Set(status_value(status, "\nVmRSS:") * kib);
  virtual_.Set(status_value(status, "\nVmSize:") * kib);
  heap_.Set(status_value(status, "\nVmData:") * kib);
  threads_.Set(status_value(status, "\nThreads:"));
  open_fds_.Set(count_open_fds());
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) max_fds_.Set(static_cast<double>(limit.rlim_cur));
}

}  // namespace loopscope::metrics
