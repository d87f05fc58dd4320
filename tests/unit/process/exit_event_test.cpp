#include "support/catch.hpp"
#include "support/ignored_sigchld.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/process/child.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <set>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <system_error>
#include <vector>

namespace fs = std::filesystem;
using namespace loopscope;
using namespace std::chrono_literals;
using process::exit_status;
using test::ContainsSubstring;
using enum exit_status::kind;

namespace {

using open_pidfd = int (*)(pid_t);

template <int error>
int refused(pid_t) {
  errno = error;
  return -1;
}

// Each way to learn of the end: by a pidfd, or by a thread where the system refuses one.
struct way {
  char const* name;
  open_pidfd open;
};

constexpr std::array<way, 4> ways{{
    {"pidfd", process::system_pidfd},
    {"EPERM", refused<EPERM>},
    {"ENOSYS", refused<ENOSYS>},
    {"ESRCH", refused<ESRCH>},
}};

process::child shell(std::string const& script, way const& how) {
  return process::child{"/bin/sh", {"-c", script}, {.open_pidfd = how.open}};
}

bool is_readable(int fd, std::chrono::milliseconds limit) {
  pollfd event{fd, POLLIN, 0};
  return poll(&event, 1, static_cast<int>(limit.count())) == 1 && (event.revents & POLLIN) != 0;
}

bool has_children() {
  return waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD;
}

std::set<std::string> threads() {
  std::set<std::string> ids;
  for (auto const& entry : fs::directory_iterator{"/proc/self/task"})
    ids.insert(entry.path().filename());
  return ids;
}

// The signals that a thread blocks, the first one in the lowest bit.
std::uint64_t blocked_by(std::string const& thread) {
  std::ifstream status{"/proc/self/task/" + thread + "/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigBlk:")) return std::stoull(line.substr(7), nullptr, 16);
  return 0;
}

}  // namespace

TEST_CASE("The exit event of a child", "[process]") {
  auto const how = GENERATE(from_range(ways));
  CAPTURE(how.name);

  SECTION("becomes readable when the process ends, not before") {
    test::temp_dir const dir;
    auto const gate = (dir / "gate").string();
    REQUIRE(mkfifo(gate.c_str(), 0600) == 0);
    auto child = shell("read line < '" + gate + "'; exit 4", how);
    CHECK_FALSE(is_readable(child.exit_event(), 0ms));
    std::ofstream{gate} << '\n';

    CHECK(is_readable(child.exit_event(), 10s));
    CHECK(is_readable(child.exit_event(), 0ms));
    CHECK(child.wait() == exit_status{exited, 4});
  }

  SECTION("becomes readable when the process is killed") {
    auto child = shell("exec sleep 100", how);
    child.kill();

    CHECK(is_readable(child.exit_event(), 10s));
    child.kill();
    CHECK(child.wait() == exit_status{signalled, SIGKILL});
    child.kill();
  }

  SECTION("need not be waited for") {
    auto child = shell("exit 4", how);

    CHECK(child.wait() == exit_status{exited, 4});
    CHECK(is_readable(child.exit_event(), 0ms));
  }
}

TEST_CASE("The end of a child object is the end of its process", "[process]") {
  auto const how = GENERATE(from_range(ways));
  CAPTURE(how.name);
  auto const before = threads();
  auto const started = std::chrono::steady_clock::now();

  { auto const child = shell("exec sleep 100", how); }

  CHECK(std::chrono::steady_clock::now() - started < 10s);
  CHECK_FALSE(has_children());
  CHECK(threads() == before);
}

TEST_CASE("The thread that waits for a child", "[process]") {
  auto const before = threads();

  SECTION("is not there if the system provides a pidfd") {
    auto const child = shell("exec sleep 100", ways[0]);

    CHECK(threads() == before);
  }

  SECTION("blocks every signal") {
    auto const child = shell("exec sleep 100", ways[1]);
    std::vector<std::string> waiting;
    for (auto const& each : threads())
      if (!before.contains(each)) waiting.push_back(each);

    REQUIRE(waiting.size() == 1);
    for (auto const number : {SIGINT, SIGTERM, SIGCHLD, SIGPROF, SIGUSR1, SIGRTMIN, SIGRTMAX}) {
      CAPTURE(number);
      CHECK((blocked_by(waiting[0]) >> (number - 1) & 1U) == 1U);
    }
  }
}

TEST_CASE("Another failure to watch a child is an error, and leaves no process", "[process]") {
  std::error_code code;
  std::string what;

  try {
    shell("exec sleep 100", {"EMFILE", refused<EMFILE>});
  } catch (std::system_error const& error) {
    code = error.code();
    what = error.what();
  }

  CHECK(code == std::errc::too_many_files_open);
  CHECK_THAT(what, ContainsSubstring("pidfd_open"));
  CHECK_FALSE(has_children());
}

TEST_CASE("With SIGCHLD ignored, how a child ended is unknown, not a success", "[process]") {
  auto const how = GENERATE(from_range(ways));
  auto const flags = GENERATE(0, SA_NOCLDWAIT);
  CAPTURE(how.name, flags);

  SECTION("if it ends by itself") {
    auto const script = GENERATE(as<std::string>{}, "exit 0", "exit 4", "kill -9 $$");
    CAPTURE(script);
    test::ignored_sigchld const ignored{flags};
    auto child = shell(script, how);

    CHECK(is_readable(child.exit_event(), 10s));
    CHECK(child.wait() == exit_status{unknown, 0});
    CHECK_FALSE(child.wait().succeeded());
  }

  SECTION("if it is killed") {
    test::ignored_sigchld const ignored{flags};
    auto child = shell("exec sleep 100", how);
    child.kill();

    CHECK(is_readable(child.exit_event(), 10s));
    child.kill();
    CHECK(child.wait() == exit_status{unknown, 0});
  }
}
