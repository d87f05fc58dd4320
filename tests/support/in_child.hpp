#pragma once

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace loopscope::test {

/// How `what` ends in a process of its own: the exit code that it returns, or minus the signal.
template <class F>
int in_child(F what) {
  auto const pid = fork();
  if (pid == 0) {
    std::signal(SIGABRT, SIG_DFL);  // Catch2 has a handler of its own
    rlimit const no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    close(STDERR_FILENO);  // a broken contract prints its reason
    _exit(what());
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace loopscope::test
