#include <loopscope/base/expects.hpp>
#include <loopscope/cpu/native_profiler.hpp>

#ifdef LOOPSCOPE_WITH_GPERFTOOLS
#include <gperftools/profiler.h>
#endif

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/time.h>

namespace loopscope::cpu {

#ifdef LOOPSCOPE_WITH_GPERFTOOLS

namespace {

// gperftools ends a profile with a line on stderr, which would stand between a service's own log
// lines. While this lives, what C code prints to `stderr` is gathered; all but that line is
// printed afterwards. Descriptor 2 itself, and whoever writes to it, is left alone.
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

}  // namespace

bool native_profiler::available() noexcept {
  return true;
}

result<void> native_profiler::start(int fd, int hz) {
  LOOPSCOPE_EXPECTS(hz >= min_hz && hz <= max_hz);
  if (timer_) return errc::busy;
  // By this name gperftools opens the very file that the store made, whatever lies at its path.
  auto const path = "/proc/self/fd/" + std::to_string(fd);
  if (ProfilerStart(path.c_str()) == 0) return errc::busy;
  // Its own timer counts CPU time of the process and would interrupt any thread: ours replaces it.
  itimerval const off{};
  setitimer(ITIMER_PROF, &off, nullptr);
  timer_.emplace(thread_, std::chrono::microseconds{std::chrono::seconds{1}} / hz);
  return {};
}

void native_profiler::stop() {
  if (!timer_) return;
  timer_.reset();
  gathered_stderr const quiet;
  ProfilerStop();
}

#else

bool native_profiler::available() noexcept {
  return false;
}

result<void> native_profiler::start(int, int) {
  return errc::unsupported;
}

void native_profiler::stop() {}

#endif

}  // namespace loopscope::cpu
