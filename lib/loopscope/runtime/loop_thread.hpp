#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>

namespace loopscope::runtime {

/// A loop with a thread of its own, which blocks every signal. What runs on it belongs to it:
/// others await it and never share its objects. \thread any
class loop_thread {
 public:
  using executor_type = boost::asio::io_context::executor_type;

  /// \param niceness  of the thread, 0 to 19: a high one yields the processor to the others.
  explicit loop_thread(int niceness = 0);
  ~loop_thread() { join(); }
  loop_thread(loop_thread const&) = delete;
  loop_thread& operator=(loop_thread const&) = delete;

  [[nodiscard]] executor_type executor() noexcept { return loop_.get_executor(); }

  /// Waits until everything that runs on it has ended.
  void join();

 private:
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<executor_type> work_;
  std::thread thread_;
};

}  // namespace loopscope::runtime
