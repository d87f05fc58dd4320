#include "support/catch.hpp"
#include "support/pipe.hpp"

#include <loopscope/base/expects.hpp>
#include <loopscope/base/file_descriptor.hpp>

#include <csignal>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace loopscope;
using test::ContainsSubstring;

namespace {

struct outcome {
  int status = 0;
  std::string printed;
};

// Evaluates `contract(holds)` in a child process with stderr in a pipe.
outcome in_a_child(bool holds) {
  test::small_pipe pipe;
  auto const child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // Catch2 has a handler of its own
    rlimit const no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(pipe.to.get(), STDERR_FILENO);
    LOOPSCOPE_EXPECTS(holds && 1 + 1 == 2);
    _exit(7);
  }
  pipe.to = file_descriptor{};
  outcome seen;
  seen.printed = test::read_to_end(pipe.from.get());
  REQUIRE(waitpid(child, &seen.status, 0) == child);
  return seen;
}

}  // namespace

TEST_CASE("A contract", "[base]") {
  SECTION("that holds costs nothing") {
    auto const seen = in_a_child(true);

    CHECK(WIFEXITED(seen.status));
    CHECK(WEXITSTATUS(seen.status) == 7);
    CHECK(seen.printed.empty());
  }

  SECTION("that is broken aborts in every build type and says where") {
    auto const seen = in_a_child(false);

    REQUIRE(WIFSIGNALED(seen.status));
    CHECK(WTERMSIG(seen.status) == SIGABRT);
    CHECK_THAT(seen.printed, ContainsSubstring("expects_test.cpp:"));
    CHECK_THAT(seen.printed, ContainsSubstring("contract broken: holds && 1 + 1 == 2"));
  }
}
