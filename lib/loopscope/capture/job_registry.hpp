#pragma once

#include <loopscope/base/log.hpp>
#include <loopscope/capture/capture_job.hpp>
#include <loopscope/runtime/task_group.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace loopscope::capture {

/// A capture that has begun.
struct started_capture {
  std::string stem;  ///< of the names of its files
  /// Works until the end and returns the result. \cancel through the job alone
  std::function<boost::asio::awaitable<result<capture_result>>(capture_job&)> record;
};

/// The captures of every kind: one of a kind at a time, and the latest 32 can be asked for.
/// \thread control, but for in_progress()
class job_registry {
 public:
  /// Begins a capture. What it returns as an error is returned by start().
  using begin = std::function<boost::asio::awaitable<result<started_capture>>()>;

  /// \param log  outlives the object.
  job_registry(boost::asio::any_io_executor control, logger& log);

  /// Whether a capture of this kind runs. \thread any
  [[nodiscard]] bool in_progress(capture_kind kind) const noexcept {
    return in_progress_[static_cast<std::size_t>(kind)];
  }

  /// Begins a capture that goes on by itself.
  /// \param request  what was asked for, for people.
  /// \return  its id;
  ///          errc::busy  one of this kind runs already;
  ///          an error of `with`.
  /// \throws  what `with` throws.
  boost::asio::awaitable<result<std::string>> start(capture_kind kind, boost::json::object request,
                                                    begin with);

  /// Waits for a capture's end.
  /// \return  its last state; none if no such capture is known.
  /// \cancel  not passed on: the wait ends with the capture.
  boost::asio::awaitable<std::optional<capture_state>> wait(std::string id);

  /// The id of the capture of this kind that runs, if one does.
  [[nodiscard]] std::optional<std::string> running(capture_kind kind) const;

  [[nodiscard]] std::optional<capture_state> find(std::string_view id) const;

  /// Cancels a running capture; one that has ended is left as it is.
  /// \return  false if no such capture is known.
  bool cancel(std::string_view id);

  /// Ends sampling, now and of every later capture; what was taken is encoded.
  void finish_early();

  /// Waits until no capture runs, then cancels what is left after `limit` and waits for it.
  /// \cancel  not passed on.
  boost::asio::awaitable<void> drain(std::chrono::milliseconds limit);

 private:
  using job_pointer = std::shared_ptr<capture_job>;  // of the list, those who wait, and its task

  boost::asio::awaitable<void> run(job_pointer job, started_capture capture);
  void finish(capture_job& job, result<capture_result> outcome);
  void forget_oldest();
  [[nodiscard]] job_pointer find_job(std::string_view id) const;
  std::atomic<bool>& in_progress_of(capture_kind kind) noexcept {
    return in_progress_[static_cast<std::size_t>(kind)];
  }

  boost::asio::any_io_executor control_;
  logger& log_;
  std::list<job_pointer> jobs_;  // the latest last
  std::array<std::atomic<bool>, capture_kind_names.size()> in_progress_{};
  bool finishing_ = false;
  runtime::task_group tasks_;
};

}  // namespace loopscope::capture
