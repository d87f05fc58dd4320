#include <loopscope/process/orphan.hpp>
#include <loopscope/process/owned_children_impl.hpp>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <sys/wait.h>
#include <tuple>
#include <vector>

namespace loopscope::process {

namespace {

// Held while a process is started and entered, and while it is reaped and struck out: between the
// two its number is nobody else's.
struct owned_children {
  std::mutex mutex;
  std::vector<pid_t> pids;
};

owned_children& owned() {
  static owned_children all;
  return all;
}

}  // namespace

pid_t start_owned(std::function<pid_t()> const& start) {
  auto& all = owned();
  std::lock_guard const lock{all.mutex};
  all.pids.reserve(all.pids.size() + 1);  // a process that runs has to be entered
  auto const pid = start();
  all.pids.push_back(pid);
  return pid;
}

pid_t reap_owned(pid_t pid, int& status) noexcept {
  siginfo_t ignored;
  while (waitid(P_PID, static_cast<id_t>(pid), &ignored, WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  auto& all = owned();
  std::lock_guard const lock{all.mutex};
  pid_t reaped = -1;
  do reaped = waitpid(pid, &status, 0);
  while (reaped < 0 && errno == EINTR);
  std::erase(all.pids, pid);
  return reaped;
}

bool reap_orphan(pid_t pid) noexcept {
  auto& all = owned();
  std::lock_guard const lock{all.mutex};
  if (std::find(all.pids.begin(), all.pids.end(), pid) != all.pids.end()) return false;
  siginfo_t ended{};
  std::ignore = waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOHANG);
  return ended.si_pid == pid;
}

}  // namespace loopscope::process
