#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/process/exit_status.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace loopscope::process {

/// The system call: a descriptor that becomes readable when the process ends, or -1 with errno.
int system_pidfd(pid_t pid) noexcept;

struct child_options {
  int niceness = 10;                     ///< 0 to 19; at least that of the calling thread
  std::vector<std::string> variables{};  ///< names of variables that it gets in addition
  int output = -1;                       ///< a descriptor to write to; -1: a pipe, for output()
  int (*open_pidfd)(pid_t) = system_pidfd;
};

/// A process that we started. Its destructor kills it if it still runs, and reaps it.
///
/// How it ended is only known if the application leaves SIGCHLD at its default. A parent may
/// hand on SIGCHLD ignored, so `main` does well to set it to SIG_DFL before it starts a child.
///
/// Owns a thread, which blocks every signal and waits for the end, where the system refuses
/// a descriptor for a process (old kernels, seccomp).
/// \thread any, one at a time
class child {
 public:
  /// Starts `program` at low priority, as the first to end when memory runs out, with default
  /// signal handling, no descriptor of ours but those for its output, stdin at /dev/null, and a
  /// short list of our variables: PATH, HOME, LANG, LC_*, TZ, TMPDIR, LD_LIBRARY_PATH, options of
  /// sanitizers, paths of coverage data, and `options.variables`.
  ///
  /// The pipes are non-blocking at both ends: what the child writes beyond their capacity (64 KiB)
  /// fails with EAGAIN and is lost. A child that tries again for ever has to be killed.
  /// \param program  a path; PATH is not searched.
  /// \throws system_error if it cannot be started or watched; it does not run then.
  child(std::filesystem::path const& program, std::vector<std::string> const& arguments,
        child_options const& options = {});

  /// Takes on a process that `fork` starts, which has no pipes of ours.
  /// \param fork  returns the child's number, or -1 with errno.
  /// \throws system_error as above.
  explicit child(std::function<pid_t()> const& fork, child_options const& options = {});
  ~child();
  child(child const&) = delete;
  child& operator=(child const&) = delete;

  /// Becomes readable when the process has ended. Valid as long as this object.
  [[nodiscard]] int exit_event() const noexcept { return exit_event_.get(); }

  /// Without effect on a process that has ended.
  void kill() noexcept;

  /// Blocks until the end, which has to be near.
  /// \return how it came; the same every time.
  exit_status wait();

  /// What it wrote since the last call, up to the capacity of a pipe (64 KiB); nothing without one.
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;

 private:
  struct spawned {
    pid_t pid;
    file_descriptor output;
    file_descriptor errors;
  };

  static spawned spawn(std::filesystem::path const& program,
                       std::vector<std::string> const& arguments, child_options const& options);
  explicit child(spawned process) noexcept;
  void watch(int (*open_pidfd)(pid_t));

  pid_t pid_;  // -1 once reaped
  exit_status status_;
  file_descriptor output_;
  file_descriptor errors_;
  file_descriptor exit_event_;  // a pidfd, or what waiter_ signals
  std::thread waiter_;
};

}  // namespace loopscope::process
