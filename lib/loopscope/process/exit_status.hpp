#pragma once

#include <string>

namespace loopscope::process {

/// How a process ended.
struct exit_status {
  enum class kind {
    exited,
    signalled,
    unknown,  ///< ended, but something else reaped it: with SIGCHLD ignored, the kernel does
  };

  kind how = kind::unknown;
  int value = 0;  ///< the exit code, or the number of the signal

  /// Never true of an unknown end.
  [[nodiscard]] bool succeeded() const noexcept { return how == kind::exited && value == 0; }

  bool operator==(exit_status const&) const = default;
};

/// For people: `exit code 4`, `ended by signal 9 (Killed)`.
std::string to_text(exit_status status);

}  // namespace loopscope::process
