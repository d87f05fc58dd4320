#pragma once

#include <loopscope/base/file_descriptor.hpp>

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace loopscope::capture {

/// A process that we started. Its destructor kills it if it still runs, and reaps it.
/// \thread any, one at a time
class child_process {
 public:
  /// Starts `program` at low priority, with default signal handling, no descriptor of ours but
  /// pipes for its output, and an environment without our settings and secrets.
  /// \throws system_error if it cannot be started.
  child_process(std::filesystem::path const& program, std::vector<std::string> const& arguments);
  ~child_process();
  child_process(child_process const&) = delete;
  child_process& operator=(child_process const&) = delete;

  /// Becomes readable when the process has ended.
  [[nodiscard]] int exit_event() const noexcept { return exit_event_.get(); }

  void kill() noexcept;

  /// Waits for the end, which has to be near, and tells how it came: empty for exit code 0.
  std::string wait();

  /// After wait(): the exit code, or -1 if a signal ended it.
  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

  /// What it wrote, up to the capacity of a pipe.
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;

 private:
  pid_t pid_ = -1;
  int exit_code_ = -1;
  file_descriptor exit_event_;
  file_descriptor output_;
  file_descriptor errors_;
};

}  // namespace loopscope::capture
