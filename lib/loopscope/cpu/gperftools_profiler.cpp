#include <loopscope/base/read_file.hpp>
#include <loopscope/cpu/gperftools_profiler.hpp>

#ifdef LOOPSCOPE_WITH_GPERFTOOLS
#include <gperftools/profiler.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <new>
#include <string_view>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>
#endif

namespace loopscope::cpu {

#ifdef LOOPSCOPE_WITH_GPERFTOOLS

namespace {

// gperftools ends a profile with a line on stderr, which would stand between a service's own log
// lines. While this lives, what C code prints to `stderr` is gathered; all but that line is
// printed afterwards. Descriptor 2 itself, and what else writes to it, is left alone.
class gathered_stderr {
 public:
  gathered_stderr() : memory_{open_memstream(&text_, &size_)} {
    if (memory_) stderr = memory_;
  }
  ~gathered_stderr() {
    if (!memory_) return;
    stderr = before_;
    std::fclose(memory_);
    auto const own = std::string_view{text_, size_}.starts_with("PROFILE: ");
    if (size_ > 0 && !own) std::fwrite(text_, 1, size_, stderr);
    std::free(text_);
  }
  gathered_stderr(gathered_stderr const&) = delete;
  gathered_stderr& operator=(gathered_stderr const&) = delete;

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* before_ = stderr;
  std::FILE* memory_;
};

boost::system::error_code system_error(int error) {
  return {error, boost::system::generic_category()};
}

// gperftools ends the process when a write fails.
bool has_file_size_limit() noexcept {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

// It does not survive a failed allocation either. Its two tables take 10 MiB; what is freed here,
// the allocator has for them.
bool has_room_for_tables() noexcept {
  constexpr std::size_t enough = std::size_t{12} * 1024 * 1024;
  auto* const room = ::operator new(enough, std::nothrow);
  ::operator delete(room);
  return room != nullptr;
}

// Lets gperftools, which has opened the file for itself, write to nowhere.
bool redirect_to_null(int file) noexcept try {
  file_descriptor const null{open("/dev/null", O_WRONLY | O_CLOEXEC)};
  struct stat ours {};
  if (!null || fstat(file, &ours) != 0) return false;
  for (auto const& each : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    auto const fd = std::stoi(each.path().filename().string());
    struct stat other {};
    if (fd == file || fstat(fd, &other) != 0) continue;
    if (other.st_dev == ours.st_dev && other.st_ino == ours.st_ino)
      return dup3(null.get(), fd, O_CLOEXEC) == fd;
  }
  return false;
} catch (std::exception const&) {  // no descriptor or no memory
  return false;
}

std::string path_of(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

void put_period(std::string& profile, std::chrono::microseconds period) {
  // The header's fourth 8-byte word.
  constexpr std::size_t offset = 3 * sizeof(std::uint64_t);
  auto const value = static_cast<std::uint64_t>(period.count());
  if (profile.size() >= offset + sizeof value)
    std::memcpy(profile.data() + offset, &value, sizeof value);
}

}  // namespace

bool gperftools_profiler::available() noexcept {
  return true;
}

gperftools_profiler::~gperftools_profiler() {
  discard();
}

result<void> gperftools_profiler::start() {
  ProfilerState state{};
  ProfilerGetCurrentState(&state);
  if (file_ || state.enabled != 0) return errc::busy;
  if (has_file_size_limit()) return system_error(EFBIG);
  if (!has_room_for_tables()) return errc::memory_refused;
  file_descriptor memory{memfd_create("cpu.prof", MFD_CLOEXEC)};
  if (!memory) return system_error(errno);
  errno = EIO;  // gperftools does not always set it
  if (ProfilerStart(path_of(memory.get()).c_str()) == 0) return system_error(errno);
  // Its own timer counts CPU time of the process and would interrupt any thread.
  itimerval const off{};
  setitimer(ITIMER_PROF, &off, nullptr);
  file_ = std::move(memory);
  return {};
}

std::uint64_t gperftools_profiler::samples() const noexcept {
  ProfilerState state{};
  if (file_) ProfilerGetCurrentState(&state);
  return static_cast<std::uint64_t>(state.samples_gathered);
}

// \return whether the profile was written.
bool gperftools_profiler::end() noexcept {
  auto const is_limited = has_file_size_limit();
  // If its writes cannot be made harmless, it had better go on, and be busy from now on.
  if (is_limited && !redirect_to_null(file_.get())) return false;
  gathered_stderr const quiet;
  ProfilerStop();
  return !is_limited;
}

void gperftools_profiler::discard() noexcept {
  if (!file_) return;
  end();
  file_ = {};
}

std::string gperftools_profiler::stop(std::chrono::microseconds period) {
  if (!file_) return {};
  auto const written = end();
  auto const file = std::exchange(file_, file_descriptor{});
  if (!written) return {};
  auto profile = read_rest(file.get());  // from its beginning: gperftools has an offset of its own
  if (!profile) return {};
  put_period(*profile, period);
  return std::move(*profile);
}

#else

bool gperftools_profiler::available() noexcept {
  return false;
}

gperftools_profiler::~gperftools_profiler() = default;

result<void> gperftools_profiler::start() {
  return errc::unsupported;
}

std::uint64_t gperftools_profiler::samples() const noexcept {
  return 0;
}

void gperftools_profiler::discard() noexcept {}

std::string gperftools_profiler::stop(std::chrono::microseconds) {
  return {};
}

#endif

}  // namespace loopscope::cpu
