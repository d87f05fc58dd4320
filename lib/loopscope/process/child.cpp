#include <loopscope/base/signal_block.hpp>
#include <loopscope/process/child.hpp>
#include <loopscope/process/environment_impl.hpp>
#include <loopscope/process/owned_children_impl.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace loopscope::process {

namespace {

[[noreturn]] void fail(int error, char const* what) {
  throw std::system_error{error, std::generic_category(), what};
}

struct pipe_ends {
  file_descriptor read;
  file_descriptor write;
};

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) fail(errno, "pipe2");
  return {file_descriptor{ends[0]}, file_descriptor{ends[1]}};
}

class spawn_plan {
 public:
  spawn_plan(int output, int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    // Asio's sockets are not close-on-exec: the child must not hold a client's connection.
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~spawn_plan() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  spawn_plan(spawn_plan const&) = delete;
  spawn_plan& operator=(spawn_plan const&) = delete;

  pid_t spawn(char const* program, char* const* arguments, char* const* environment) {
    pid_t pid = -1;
    auto const error = posix_spawn(&pid, program, &actions_, &attributes_, arguments, environment);
    if (error != 0) fail(error, program);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::string contents(int pipe) {
  constexpr std::size_t capacity = 65536;  // a descendant may still write while we read
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0;
       text.size() < capacity && (got = read(pipe, piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  return text;
}

// If memory runs out, the kernel should end this process, and not the service that started it.
void make_expendable(pid_t pid) {
  auto const path = "/proc/" + std::to_string(pid) + "/oom_score_adj";
  file_descriptor const file{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  constexpr std::string_view most = "1000";
  if (file) std::ignore = write(file.get(), most.data(), most.size());
}

bool is_readable(int fd) noexcept {
  pollfd event{fd, POLLIN, 0};
  return poll(&event, 1, 0) == 1;
}

// Makes `event` readable when the process has ended, and leaves it to be reaped.
void wait_for_end(pid_t pid, int event) noexcept {
  siginfo_t ignored;
  while (waitid(P_PID, static_cast<id_t>(pid), &ignored, WEXITED | WNOWAIT) != 0 &&
         errno == EINTR) {
  }
  // Another failure is ECHILD, of a process that was reaped when it ended.
  std::ignore = eventfd_write(event, 1);  // fails only on an overflow of the counter
}

// ESRCH is of a process that ended at once, and that the kernel reaped.
bool is_refusal(int error) {
  return error == EPERM || error == ENOSYS || error == ESRCH;
}

}  // namespace

int system_pidfd(pid_t pid) noexcept {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

child::spawned child::spawn(std::filesystem::path const& program,
                            std::vector<std::string> const& arguments,
                            child_options const& options) {
  auto output = options.output < 0 ? make_pipe() : pipe_ends{};
  auto errors = make_pipe();
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (auto const& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  auto environment = allowed_environment(options.variables);
  spawn_plan plan{output.write ? output.write.get() : options.output, errors.write.get()};
  auto const pid =
      start_owned([&] { return plan.spawn(program.c_str(), argv.data(), environment.data()); });
  auto const niceness = std::max(options.niceness, getpriority(PRIO_PROCESS, 0));
  // Fails if the process has ended already.
  std::ignore = setpriority(PRIO_PROCESS, static_cast<id_t>(pid), niceness);
  make_expendable(pid);
  return {pid, std::move(output.read), std::move(errors.read)};
}

child::child(std::filesystem::path const& program, std::vector<std::string> const& arguments,
             child_options const& options)
    : child{spawn(program, arguments, options)} {
  watch(options.open_pidfd);  // should it throw, the destructor runs
}

child::child(std::function<pid_t()> const& fork, child_options const& options)
    : child{spawned{start_owned([&] {
                      auto const pid = fork();
                      if (pid < 0) fail(errno, "fork");
                      return pid;
                    }),
                    {},
                    {}}} {
  watch(options.open_pidfd);
}

child::child(spawned process) noexcept
    : pid_{process.pid}, output_{std::move(process.output)}, errors_{std::move(process.errors)} {}

void child::watch(int (*open_pidfd)(pid_t)) {
  exit_event_ = file_descriptor{open_pidfd(pid_)};
  if (exit_event_) return;
  if (!is_refusal(errno)) fail(errno, "pidfd_open");
  exit_event_ = file_descriptor{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!exit_event_) fail(errno, "eventfd");
  signal_block const block;  // for the thread to inherit
  waiter_ = std::thread{wait_for_end, pid_, exit_event_.get()};
}

child::~child() {
  if (pid_ < 0) return;
  kill();
  std::ignore = wait();
}

void child::kill() noexcept {
  if (pid_ < 0) return;
  // Once the kernel has reaped the process, its number may be another one's: a pidfd knows.
  if (syscall(SYS_pidfd_send_signal, exit_event_.get(), SIGKILL, nullptr, 0) == 0) return;
  if (!is_readable(exit_event_.get())) ::kill(pid_, SIGKILL);
}

exit_status child::wait() {
  if (pid_ < 0) return status_;
  if (waiter_.joinable()) waiter_.join();
  int status = 0;
  auto const reaped = reap_owned(pid_, status);
  pid_ = -1;
  if (reaped < 0) return status_;  // ECHILD: it was reaped when it ended
  if (WIFSIGNALED(status))
    status_ = {exit_status::kind::signalled, WTERMSIG(status)};
  else
    status_ = {exit_status::kind::exited, WEXITSTATUS(status)};
  return status_;
}

std::string child::output() const {
  return contents(output_.get());
}

std::string child::errors() const {
  return contents(errors_.get());
}

}  // namespace loopscope::process
