#pragma once

#include "support/catch.hpp"

#include <cerrno>
#include <cstddef>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <thread>
#include <vector>

namespace loopscope::test {

/// A system call, as SYS_x, and the errno that it fails with.
struct refused_call {
  long number;
  int error;
};

/// Makes system calls of this thread fail for the rest of its life, as the filter of a container
/// does. \return false if the kernel has no filters.
/// Source: seccomp(2).
inline bool refuse_from_now_on(std::vector<refused_call> const& calls) {
  std::vector<sock_filter> code{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (auto const& each : calls) {
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(each.number), 0, 1));
    code.push_back(
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(each.error)));
  }
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog const program{static_cast<unsigned short>(code.size()), code.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Runs `act()`, which must not throw, on a thread whose system calls are refused.
/// \return false, with a warning, if the kernel has no filters.
template <class F>
bool refusing(std::vector<refused_call> const& calls, F act) {
  bool ran = false;
  std::thread{[&] {
    ran = refuse_from_now_on(calls);
    if (ran) act();
  }}.join();
  if (!ran) WARN("the kernel has no filters for system calls");
  return ran;
}

}  // namespace loopscope::test
