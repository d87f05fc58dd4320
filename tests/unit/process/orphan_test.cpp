#include "support/catch.hpp"

#include <loopscope/process/child.hpp>
#include <loopscope/process/orphan.hpp>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace loopscope;
using process::exit_status;
using process::reap_orphan;
using enum exit_status::kind;

namespace {

// A child that no object owns, as an orphan is; it ends at once, or when it is killed.
pid_t unowned(bool ends) {
  auto const pid = fork();
  if (pid == 0) {
    if (!ends) pause();
    _exit(7);
  }
  REQUIRE(pid > 0);
  return pid;
}

// Waits until a child has ended, and leaves it to be reaped.
void wait_for_end(pid_t pid) {
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
}

bool is_child(pid_t pid) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

}  // namespace

TEST_CASE("A process that no object owns", "[process]") {
  SECTION("is reaped when it has ended") {
    auto const pid = unowned(true);
    wait_for_end(pid);

    CHECK(reap_orphan(pid));
    CHECK_FALSE(is_child(pid));
    CHECK_FALSE(reap_orphan(pid));
  }

  SECTION("is left alone while it runs") {
    auto const pid = unowned(false);

    CHECK_FALSE(reap_orphan(pid));
    CHECK(is_child(pid));
    kill(pid, SIGKILL);
    wait_for_end(pid);
    CHECK(reap_orphan(pid));
  }

  SECTION("is left alone if it is another's child") {
    CHECK_FALSE(reap_orphan(getppid()));
    CHECK_FALSE(reap_orphan(1));
  }
}

TEST_CASE("A child that an object owns is left to it", "[process]") {
  process::child child{"/bin/sh", {"-c", "echo $$; exit 4"}};
  pollfd event{child.exit_event(), POLLIN, 0};
  REQUIRE(poll(&event, 1, 60'000) == 1);
  auto const pid = static_cast<pid_t>(std::stol(child.output()));

  CHECK_FALSE(reap_orphan(pid));
  CHECK(child.wait() == exit_status{exited, 4});
  CHECK_FALSE(is_child(pid));
}

TEST_CASE("Children keep their status beside somebody who reaps all orphans", "[process]") {
  std::atomic<bool> done = false;
  std::thread init{[&] {
    while (!done) {
      siginfo_t info{};
      auto const found = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
      if (found && info.si_pid != 0) reap_orphan(info.si_pid);
    }
  }};

  std::vector<exit_status> seen;
  for (int i = 0; i < 100; ++i) {
    unowned(true);
    seen.push_back(process::child{"/bin/sh", {"-c", "exit " + std::to_string(i)}}.wait());
  }
  while (waitpid(-1, nullptr, WNOHANG) != -1) continue;  // the last orphan may still run
  done = true;
  init.join();

  for (int i = 0; i < 100; ++i) CHECK(seen[static_cast<std::size_t>(i)] == exit_status{exited, i});
}
