#pragma once

#include <csignal>

namespace loopscope::test {

/// Makes the kernel reap children for as long as the object lives, in one of the two ways:
/// SIGCHLD ignored, or `SA_NOCLDWAIT` as the flags of its default action.
class ignored_sigchld {
 public:
  explicit ignored_sigchld(int flags) {
    struct sigaction action {};
    action.sa_handler = flags == SA_NOCLDWAIT ? SIG_DFL : SIG_IGN;
    action.sa_flags = flags;
    sigaction(SIGCHLD, &action, &before_);
  }
  ~ignored_sigchld() { sigaction(SIGCHLD, &before_, nullptr); }
  ignored_sigchld(ignored_sigchld const&) = delete;
  ignored_sigchld& operator=(ignored_sigchld const&) = delete;

 private:
  struct sigaction before_;
};

}  // namespace loopscope::test
