#include <loopscope/base/read_file.hpp>
#include <loopscope/cpu/gperftools_profiler.hpp>

#ifdef LOOPSCOPE_WITH_GPERFTOOLS
#include <gperftools/profiler.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/mman.h>
#include <sys/time.h>
#include <system_error>
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

void end_profile() noexcept {
  gathered_stderr const quiet;
  ProfilerStop();
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
  if (file_) return errc::busy;
  file_descriptor memory{memfd_create("cpu.prof", MFD_CLOEXEC)};
  if (!memory) throw std::system_error{errno, std::generic_category(), "memfd_create"};
  if (ProfilerStart(path_of(memory.get()).c_str()) == 0) return errc::busy;
  // Its own timer counts CPU time of the process and would interrupt any thread.
  itimerval const off{};
  setitimer(ITIMER_PROF, &off, nullptr);
  file_ = std::move(memory);
  return {};
}

void gperftools_profiler::discard() noexcept {
  if (!file_) return;
  end_profile();
  file_ = {};
}

std::string gperftools_profiler::stop(std::chrono::microseconds period) {
  if (!file_) return {};
  end_profile();
  auto const file = std::exchange(file_, file_descriptor{});
  auto profile = read_rest(file.get());  // from its beginning: gperftools has an offset of its own
  if (!profile) throw std::system_error{profile.error(), "cannot read the profile"};
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

void gperftools_profiler::discard() noexcept {}

std::string gperftools_profiler::stop(std::chrono::microseconds) {
  return {};
}

#endif

}  // namespace loopscope::cpu
