#pragma once

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

/// Stops all timers of the process, so that only our own ticks come.
/// Source: proc(5), /proc/self/timers.
inline void stop_timers() {
  std::ifstream timers{"/proc/self/timers"};
  for (std::string word; timers >> word;) {
    if (word != "ID:") continue;
    int id = 0;
    timers >> id;
    itimerspec const off{};
    syscall(SYS_timer_settime, id, 0, &off, nullptr);
  }
}

}  // namespace loopscope::test
