#include "support/catch.hpp"
#include "support/environment_variable.hpp"
#include "support/temp_dir.hpp"

#include <loopscope/base/signal_block.hpp>
#include <loopscope/process/child.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

using namespace loopscope;
using process::exit_status;
using test::ContainsSubstring;
using enum exit_status::kind;

namespace {

// What a shell that runs `script` wrote, and how it ended.
struct run {
  exit_status status;
  std::string output;
  std::string errors;

  explicit run(std::string const& script) {
    process::child child{"/bin/sh", {"-c", script}};
    status = child.wait();
    output = child.output();
    errors = child.errors();
  }
};

// The variables of a child, each as NAME=value.
std::set<std::string> environment_of_child(process::child_options const& options = {}) {
  process::child child{"/usr/bin/env", {}, options};
  REQUIRE(child.wait().succeeded());
  std::istringstream text{child.output()};
  std::set<std::string> variables;
  for (std::string line; std::getline(text, line);) variables.insert(line);
  return variables;
}

// The signals that a line of /proc/self/status names, without those that glibc keeps for itself.
std::uint64_t signals_of(std::string const& status, std::string const& line) {
  constexpr std::uint64_t reserved = 3ULL << 31;
  auto const at = status.find(line);
  REQUIRE(at != std::string::npos);
  return std::stoull(status.substr(at + line.size()), nullptr, 16) & ~reserved;
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

}  // namespace

TEST_CASE("A child reports how it ended", "[process]") {
  auto const [script, expected] = GENERATE(table<std::string, exit_status>({
      {"exit 0", {exited, 0}},
      {"exit 4", {exited, 4}},
      {"exit 255", {exited, 255}},
      {"kill -9 $$", {signalled, SIGKILL}},
      {"kill -15 $$", {signalled, SIGTERM}},
  }));
  CAPTURE(script);
  process::child child{"/bin/sh", {"-c", script}};

  CHECK(child.wait() == expected);
  CHECK(child.wait() == expected);
}

TEST_CASE("A child is started with", "[process]") {
  SECTION("its arguments, as they are") {
    process::child child{"/bin/echo", {"a b", "$HOME", ""}};

    REQUIRE(child.wait().succeeded());
    CHECK(child.output() == "a b $HOME \n");
  }

  SECTION("a pipe for each kind of output, and no input") {
    run const shell{"cat; echo out; echo err >&2"};

    CHECK(shell.status.succeeded());
    CHECK(shell.output == "out\n");
    CHECK(shell.errors == "err\n");
  }

  SECTION("a file of ours for its output, if it is told to") {
    test::temp_dir const dir;
    file_descriptor const file{open((dir / "output").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    process::child child{
        "/bin/sh", {"-c", "echo out; echo err >&2"}, process::child_options{.output = file.get()}};

    REQUIRE(child.wait().succeeded());
    CHECK(test::read_file(dir / "output") == "out\n");
    CHECK(child.output().empty());
    CHECK(child.errors() == "err\n");
  }

  SECTION("none of our files open") {
    file_descriptor const ours{dup(STDERR_FILENO)};
    REQUIRE(is_open(ours.get()));

    CHECK(run{"ls /proc/self/fd"}.output == "0\n1\n2\n3\n");  // 3 reads the directory
  }

  SECTION("no signal blocked or ignored, even if they are here") {
    signal_block const block;
    struct sigaction ignore {};
    struct sigaction before {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGUSR1, &ignore, &before);
    auto const status = run{"cat /proc/self/status"}.output;
    sigaction(SIGUSR1, &before, nullptr);

    CHECK(signals_of(status, "SigBlk:") == 0);
    CHECK(signals_of(status, "SigIgn:") == 0);
  }
}

TEST_CASE("A child is the first to end when memory runs out", "[process]") {
  test::temp_dir const dir;
  auto const gate = (dir / "gate").string();
  REQUIRE(mkfifo(gate.c_str(), 0600) == 0);
  process::child child{"/bin/sh",
                       {"-c", "read line < '" + gate + "'; cat /proc/self/oom_score_adj"}};
  std::ofstream{gate} << '\n';

  child.wait();
  CHECK(child.output() == "1000\n");
}

TEST_CASE("A child is as nice as it is asked to be, and no less than we are", "[process]") {
  auto const [ours, asked, expected] = GENERATE(table<int, int, int>({
      {0, 10, 10},
      {0, 19, 19},
      {15, 10, 15},
  }));
  CAPTURE(ours, asked);
  test::temp_dir const dir;
  auto const gate = (dir / "gate").string();
  REQUIRE(mkfifo(gate.c_str(), 0600) == 0);
  auto const before = getpriority(PRIO_PROCESS, 0);
  std::string output;

  std::thread starter{[&, own = ours, niceness = asked] {
    setpriority(PRIO_PROCESS, 0, std::max(own, before));  // of this thread alone
    process::child child{
        "/bin/sh", {"-c", "read line < '" + gate + "'; nice"}, {.niceness = niceness}};
    std::ofstream{gate} << '\n';  // it waits for this, so the priority is set
    child.wait();
    output = child.output();
  }};
  starter.join();

  CHECK(output == std::to_string(std::max(expected, before)) + '\n');
}

TEST_CASE("The environment of a child", "[process]") {
  SECTION("has what a tool needs to run") {
    auto const [name, value] = GENERATE(table<char const*, char const*>({
        {"PATH", "/usr/bin:/bin"},
        {"HOME", "/nowhere"},
        {"LANG", "C"},
        {"LC_ALL", "C"},
        {"LC_MESSAGES", "C"},
        {"TZ", "UTC"},
        {"TMPDIR", "/var/tmp"},
        {"LD_LIBRARY_PATH", "/nowhere"},
        {"ASAN_OPTIONS", "color=never"},
        {"LSAN_OPTIONS", "color=never"},
        {"TSAN_OPTIONS", "color=never"},
        {"UBSAN_OPTIONS", "color=never"},
        {"GCOV_PREFIX", "/tmp"},
        {"GCOV_PREFIX_STRIP", "1"},
        {"LLVM_PROFILE_FILE", "/tmp/profile"},
    }));
    CAPTURE(name);
    test::environment_variable const variable{name, value};

    CHECK(environment_of_child().contains(std::string{name} + '=' + value));
  }

  SECTION("has nothing else") {
    auto const* const name =
        GENERATE("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAB_TOKEN", "LAB_PATH",
                 "GITHUB_TOKEN", "CPUPROFILE", "HEAPPROFILE", "TCMALLOC_SAMPLE_PARAMETER", "XPATH",
                 "PATHS", "HOMEBREW", "LC", "LOOPSCOPE_TEST");
    CAPTURE(name);
    std::string const value = "/nowhere/but-here";
    test::environment_variable const variable{name, value.c_str()};

    for (auto const& each : environment_of_child()) CHECK_THAT(each, !ContainsSubstring(value));
  }

  SECTION("has what the caller names, and only that") {
    test::environment_variable const wanted{"LOOPSCOPE_TEST", "wanted"};
    test::environment_variable const similar{"LOOPSCOPE_TEST_2", "similar"};
    auto const before = environment_of_child();
    auto const after =
        environment_of_child({.variables = {"LOOPSCOPE_TEST", "LOOPSCOPE_TEST_ABSENT"}});

    auto expected = before;
    expected.insert("LOOPSCOPE_TEST=wanted");
    CHECK(after == expected);
    CHECK_FALSE(before.contains("LOOPSCOPE_TEST=wanted"));
  }
}

TEST_CASE("A child that writes more than a pipe holds is not blocked, but loses it", "[process]") {
  run const shell{"head -c 200000 /dev/zero 2>/dev/null; echo done >&2"};

  CHECK(shell.errors == "done\n");
  CHECK(shell.output.size() >= 4096);  // where many pipes are open, one holds a page
  CHECK(shell.output.size() <= 65536);
}

TEST_CASE("What a child wrote is read once, as soon as it is there", "[process]") {
  test::temp_dir const dir;
  auto const gate = (dir / "gate").string();
  REQUIRE(mkfifo(gate.c_str(), 0600) == 0);
  process::child child{"/bin/sh", {"-c", "echo one; read line < '" + gate + "'; echo two"}};
  std::ofstream writer{gate};  // waits for the reader

  CHECK(child.output() == "one\n");
  writer << '\n' << std::flush;
  REQUIRE(child.wait().succeeded());
  CHECK(child.output() == "two\n");
  CHECK(child.output().empty());
}

TEST_CASE("A program that cannot be started is an error with its cause", "[process]") {
  test::temp_dir const dir;
  test::write_file(dir / "text", "no program");
  auto const [name, cause] = GENERATE(table<std::string, std::errc>({
      {"absent", std::errc::no_such_file_or_directory},
      {"text", std::errc::permission_denied},
  }));
  CAPTURE(name);
  std::error_code code;
  std::string what;

  try {
    process::child{dir / name, {}};
  } catch (std::system_error const& error) {
    code = error.code();
    what = error.what();
  }
  CHECK(code == cause);
  CHECK_THAT(what, ContainsSubstring((dir / name).string()));
}
