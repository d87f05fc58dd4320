#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <thread>

namespace loopscope::control {

/// The thread that goes on while the loop is blocked: it owns captures and their timers.
///
/// Owns the thread, which blocks every signal. What runs on it belongs to it: handlers of other
/// loops await it and never share its objects. \thread any
class control_thread {
 public:
  control_thread();
  ~control_thread() { join(); }
  control_thread(control_thread const&) = delete;
  control_thread& operator=(control_thread const&) = delete;

  [[nodiscard]] boost::asio::io_context::executor_type executor() { return loop_.get_executor(); }

  /// Waits until everything that runs on it has ended.
  void join();

 private:
  boost::asio::io_context loop_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace loopscope::control
