#include <loopscope/process/exit_status.hpp>

#include <cstring>

namespace loopscope::process {

std::string to_text(exit_status status) {
  auto const value = std::to_string(status.value);
  switch (status.how) {
    case exit_status::kind::exited:
      return "exit code " + value;
    case exit_status::kind::signalled: {
      auto const* name = sigdescr_np(status.value);  // real-time signals have none
      return "ended by signal " + value + (name ? " (" + std::string{name} + ')' : "");
    }
    case exit_status::kind::unknown:
      break;
  }
  return "its exit status is not known: SIGCHLD is ignored, or something else reaps children";
}

}  // namespace loopscope::process
