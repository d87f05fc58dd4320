#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/capture/capture_files.hpp>
#include <loopscope/capture/capture_job.hpp>
#include <loopscope/capture/job_registry.hpp>
#include <loopscope/heap/snapshot.hpp>
#include <loopscope/heap/tracker.hpp>
#include <loopscope/model/heap_quality.hpp>
#include <loopscope/model/presentation.hpp>
#include <loopscope/process/child.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace loopscope::capture {

/// Takes one snapshot of the heap. \thread control
class heap_recorder {
 public:
  /// Everything outlives the recorder.
  struct services {
    heap::tracker& tracker;
    capture_services files;
  };

  /// \return  errc::tracking_off  heap tracking is off: there is nothing to take;
  ///          errc::memory_refused  there is no room for the copy;
  ///          a storage error.
  static boost::asio::awaitable<result<started_capture>> begin(services with,
                                                               model::presentation shown);

  heap_recorder(services with, model::presentation shown) : with_{with}, shown_{shown} {}

  /// All of a capture's life after its begin.
  boost::asio::awaitable<result<capture_result>> record(capture_job& job, std::string stem);

 private:
  [[nodiscard]] result<void> check_memory() const;
  boost::asio::awaitable<result<artifacts::artifact>> take_objects(capture_job& job,
                                                                   capture_files& files);
  boost::asio::awaitable<result<artifacts::artifact>> take_samples(capture_files& files);
  boost::asio::awaitable<result<void>> wait_for_scan(capture_job& job, process::child& scan);
  void note(model::raw_heap const& heap);
  boost::asio::awaitable<void> keep_files();
  void add_report(encoder_report const& report);

  services with_;
  model::presentation shown_;
  model::heap_quality quality_;
  bool has_native_ = false;
  std::string maps_;  // of the process, as it was captured
};

}  // namespace loopscope::capture
