#pragma once

#include <loopscope/cpu/loop_sampler.hpp>
#include <loopscope/cpu/thread_timer.hpp>

#include <csignal>
#include <ctime>
#include <fstream>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>

namespace loopscope::test {

/// One SIGPROF to the calling thread, just as its thread_timer would send it, or a timer whose
/// signals carry something else; handled on return.
/// Source: rt_tgsigqueueinfo(2).
inline void tick(int overruns = 0, void* mark = cpu::thread_timer::mark()) {
  siginfo_t info{};
  info.si_signo = SIGPROF;
  info.si_code = SI_TIMER;
  info.si_overrun = overruns;
  info.si_value.sival_ptr = mark;
  syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGPROF, &info);
}

/// Starts to sample, without a tick but those of tick(): all timers of the process are stopped.
/// Source: proc(5), /proc/self/timers.
inline result<void> start_for_ticks(cpu::loop_sampler& sampler) {
  auto const started = sampler.start(cpu::min_hz);
  std::ifstream timers{"/proc/self/timers"};
  for (std::string word; timers >> word;) {
    if (word != "ID:") continue;
    int id = 0;
    timers >> id;
    itimerspec const off{};
    syscall(SYS_timer_settime, id, 0, &off, nullptr);
  }
  return started;
}

}  // namespace loopscope::test
