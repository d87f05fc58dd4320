#include <loopscope/base/signal_block.hpp>
#include <loopscope/runtime/loop_thread.hpp>

#include <sys/resource.h>
#include <tuple>
#include <unistd.h>

namespace loopscope::runtime {

loop_thread::loop_thread(int niceness) : work_{loop_.get_executor()} {
  signal_block const block;  // for the thread to inherit
  thread_ = std::thread{[this, niceness] {
    // Of this thread alone, as Linux has it; at worst it stays as it is.
    auto const self = static_cast<id_t>(gettid());
    if (niceness > getpriority(PRIO_PROCESS, self))
      std::ignore = setpriority(PRIO_PROCESS, self, niceness);
    loop_.run();
  }};
}

void loop_thread::join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
}

}  // namespace loopscope::runtime
