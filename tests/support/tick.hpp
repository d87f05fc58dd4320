#pragma once

#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>

namespace loopscope::test {

/// One SIGPROF to the calling thread, just as a timer of its own would send it; handled on return.
/// Source: rt_tgsigqueueinfo(2).
inline void tick(int overruns = 0) {
  siginfo_t info{};
  info.si_signo = SIGPROF;
  info.si_code = SI_TIMER;
  info.si_overrun = overruns;
  syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), SIGPROF, &info);
}

}  // namespace loopscope::test
