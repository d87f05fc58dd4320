#pragma once

#include <csignal>

namespace loopscope {

/// Blocks every signal of the calling thread for as long as it lives, then restores the thread's
/// former mask. A thread inherits the mask of the one that starts it: one that is started meanwhile
/// takes no signal from its first instruction on.
///
/// \thread any; destroyed on the thread that created it, the latest one first.
class signal_block {
 public:
  signal_block() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signal_block() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signal_block(signal_block const&) = delete;
  signal_block& operator=(signal_block const&) = delete;

 private:
  sigset_t before_;
};

}  // namespace loopscope
