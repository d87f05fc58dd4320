#include <loopscope/capture/child_process_impl.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace loopscope::capture {

namespace {

constexpr int low_priority = 10;

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

// Settings may hold the token; gperftools' variables would make the child profile itself.
std::vector<char*> child_environment() {
  constexpr std::array<std::string_view, 4> ours{"LAB_", "CPUPROFILE", "HEAPPROFILE", "TCMALLOC_"};
  std::vector<char*> kept;
  for (char** each = environ; each && *each; ++each) {
    std::string_view const text{*each};
    auto const is_prefix = [&](std::string_view prefix) { return text.starts_with(prefix); };
    if (std::none_of(ours.begin(), ours.end(), is_prefix)) kept.push_back(*each);
  }
  kept.push_back(nullptr);
  return kept;
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
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t got = 0; (got = read(pipe, piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  return text;
}

}  // namespace

child_process::child_process(std::filesystem::path const& program,
                             std::vector<std::string> const& arguments) {
  auto output = make_pipe();
  auto errors = make_pipe();
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (auto const& each : arguments) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  auto environment = child_environment();
  spawn_plan plan{output.write.get(), errors.write.get()};
  pid_ = plan.spawn(program.c_str(), argv.data(), environment.data());
  setpriority(PRIO_PROCESS, static_cast<id_t>(pid_), low_priority);
  exit_event_ = file_descriptor{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
  if (!exit_event_) {
    auto const error = errno;
    kill();
    std::ignore = wait();
    fail(error, "pidfd_open");
  }
  output_ = std::move(output.read);
  errors_ = std::move(errors.read);
}

child_process::~child_process() {
  if (pid_ < 0) return;
  kill();
  std::ignore = wait();
}

void child_process::kill() noexcept {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

std::string child_process::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (WIFSIGNALED(status))
    return "ended by signal " + std::to_string(WTERMSIG(status)) + " (" +
           sigdescr_np(WTERMSIG(status)) + ')';
  if (WEXITSTATUS(status) != 0) return "exit code " + std::to_string(WEXITSTATUS(status));
  return {};
}

std::string child_process::output() const {
  return contents(output_.get());
}

std::string child_process::errors() const {
  return contents(errors_.get());
}

}  // namespace loopscope::capture
