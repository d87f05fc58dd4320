#include <loopscope/control/control_thread.hpp>

#include <csignal>

namespace loopscope::control {

control_thread::control_thread() : work_{loop_.get_executor()} {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[this] { loop_.run(); }};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void control_thread::join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
}

}  // namespace loopscope::control
