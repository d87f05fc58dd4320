#include "support/catch.hpp"

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/signal_block.hpp>
#include <loopscope/cpu/loop_sampler.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <string>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <tuple>
#include <unistd.h>

using namespace loopscope;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using cpu::loop_sampler;

namespace {

constexpr int patience_ms = 60'000;
constexpr auto long_for_a_handler = 40ms;

void put(int fd, char what) {
  while (::write(fd, &what, 1) != 1) continue;
}

// 0 if nothing comes.
char get(int fd) {
  pollfd event{fd, POLLIN, 0};
  char what = 0;
  if (::poll(&event, 1, patience_ms) != 1 || ::read(fd, &what, 1) != 1) return 0;
  return what;
}

// Whether a recording takes samples.
bool records(loop_sampler& sampler) {
  if (!sampler.start(cpu::max_hz)) return false;
  auto const end = clock_type::now() + std::chrono::milliseconds{patience_ms};
  while (sampler.taken() < 3 && clock_type::now() < end) {
    std::this_thread::sleep_for(1ms);
    sampler.drain();
  }
  return sampler.stop().samples.size() >= 3;
}

// Records the main thread, which is busy, and stops when told to: `S` if a handler was stuck, `s`
// if not. Then records once more: `y` if that takes samples.
[[noreturn]] void be_sampled(int fd) {
  loop_sampler sampler;
  signal_block const block;  // for the thread to inherit
  std::thread{[&] {
    if (!sampler.start(cpu::max_hz)) _exit(1);
    put(fd, 'r');
    get(fd);
    auto const before = clock_type::now();
    std::ignore = sampler.stop();
    put(fd, clock_type::now() - before >= long_for_a_handler ? 'S' : 's');
    get(fd);
    put(fd, records(sampler) ? 'y' : 'n');
    _exit(0);
  }}.detach();
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  while (true) continue;
}

struct sampled_process {
  file_descriptor wire;
  pid_t pid = -1;

  sampled_process() {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    wire = file_descriptor{ends[0]};
    file_descriptor const other{ends[1]};
    pid = fork();
    if (pid == 0) be_sampled(other.get());
  }
  ~sampled_process() {
    ::kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  sampled_process(sampled_process const&) = delete;
  sampled_process& operator=(sampled_process const&) = delete;

  // Waits for the thread's next stop and has it go on with the signal that stopped it.
  void go_on(enum __ptrace_request how) const {
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
    REQUIRE(WIFSTOPPED(status));
    auto const signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    REQUIRE(ptrace(how, pid, nullptr, signal) == 0);
  }

  // Stops the main thread so many instructions into the handler.
  void stop_in_handler(int instructions) const {
    constexpr int enough_to_bind_every_function = 5;
    for (int i = 0; i < enough_to_bind_every_function; ++i) go_on(PTRACE_CONT);
    for (int i = 0; i < instructions; ++i) go_on(PTRACE_SINGLESTEP);
    int status = 0;
    REQUIRE(waitpid(pid, &status, 0) == pid);
  }
};

// What stop() did, and whether the next recording worked; empty if tracing is forbidden.
std::string stop_while_stopped(int instructions) {
  sampled_process const process;
  REQUIRE(get(process.wire.get()) == 'r');
  if (ptrace(PTRACE_SEIZE, process.pid, nullptr, nullptr) != 0) return {};
  process.stop_in_handler(instructions);
  std::string seen;

  put(process.wire.get(), 'q');
  seen += get(process.wire.get());
  REQUIRE(ptrace(PTRACE_DETACH, process.pid, nullptr, nullptr) == 0);
  put(process.wire.get(), 'q');
  seen += get(process.wire.get());
  return seen;
}

}  // namespace

TEST_CASE("Sampling ends though a debugger has stopped the thread in the handler", "[cpu][slow]") {
  if (!loop_sampler::available()) return;
  bool was_stuck = false;
  // Where in the handler the sample is taken depends on the build.
  for (int const instructions : {50, 100, 200, 400, 800}) {
    CAPTURE(instructions);
    auto const seen = stop_while_stopped(instructions);
    if (seen.empty()) {
      WARN("a process may not be traced here");
      return;
    }
    CHECK((seen == "Sy" || seen == "sy"));
    was_stuck = was_stuck || seen == "Sy";
  }

  CHECK(was_stuck);
}
