#include "support/catch.hpp"

#include <loopscope/process/exit_status.hpp>

#include <string>

using loopscope::process::exit_status;
using enum exit_status::kind;

TEST_CASE("An exit status tells people how a process ended", "[process]") {
  auto const [status, text] = GENERATE(table<exit_status, std::string>({
      {{exited, 0}, "exit code 0"},
      {{exited, 255}, "exit code 255"},
      {{signalled, 9}, "ended by signal 9 (Killed)"},
      {{signalled, 40}, "ended by signal 40"},  // a real-time signal has no name
      {{unknown, 0},
       "its exit status is not known: SIGCHLD is ignored, or something else reaps children"},
  }));

  CHECK(to_text(status) == text);
}

TEST_CASE("Only exit code 0 is a success", "[process]") {
  CHECK(exit_status{exited, 0}.succeeded());
  CHECK_FALSE(exit_status{exited, 1}.succeeded());
  CHECK_FALSE(exit_status{signalled, 9}.succeeded());
  CHECK_FALSE(exit_status{unknown, 0}.succeeded());
  CHECK_FALSE(exit_status{}.succeeded());
}
