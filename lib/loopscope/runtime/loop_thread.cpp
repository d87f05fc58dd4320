#include <loopscope/base/signal_block.hpp>
#include <loopscope/runtime/loop_thread.hpp>

namespace loopscope::runtime {

loop_thread::loop_thread() : work_{loop_.get_executor()} {
  signal_block const block;
  thread_ = std::thread{[this] { loop_.run(); }};
}

void loop_thread::join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
}

}  // namespace loopscope::runtime
