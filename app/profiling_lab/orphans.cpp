#include <profiling_lab/orphans.hpp>

#include <loopscope/process/orphan.hpp>

#include <chrono>
#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lab {

namespace {

using namespace std::chrono_literals;

// For how long a child that ended may hide others: its owner is about to reap it.
constexpr auto owner_time = 50ms;

// One of the children that have ended, which stays what it is; 0 if there is none.
pid_t ended_child() noexcept {
  siginfo_t info{};
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return 0;
  return info.si_pid;
}

// \return  whether all are reaped; if not, a child that has an owner is in front of the others.
bool reap_all() noexcept {
  while (auto const pid = ended_child())
    if (!loopscope::process::reap_orphan(pid)) return false;
  return true;
}

}  // namespace

bool inherits_orphans() noexcept {
  int is_subreaper = 0;
  return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) == 0 && is_subreaper != 0);
}

orphan_reaper::orphan_reaper(boost::asio::any_io_executor const& on)
    : ended_{on, SIGCHLD}, later_{on} {}

void orphan_reaper::stop() {
  stopped_ = true;
  ended_.cancel();
  later_.cancel();
}

// A signal that comes while nobody waits for it is kept, and ends the next wait.
void orphan_reaper::reap() {
  if (stopped_) return;
  auto again = [this](boost::system::error_code error, auto...) {
    if (!error) reap();
  };
  if (reap_all()) {
    ended_.async_wait(again);
  } else {
    later_.expires_after(owner_time);
    later_.async_wait(again);
  }
}

}  // namespace lab
