#pragma once

#include <loopscope/base/result.hpp>
#include <loopscope/capture/capture_files.hpp>
#include <loopscope/capture/capture_job.hpp>
#include <loopscope/capture/cpu_contention.hpp>
#include <loopscope/capture/job_registry.hpp>
#include <loopscope/cpu/gperftools_profiler.hpp>
#include <loopscope/cpu/loop_sampler.hpp>
#include <loopscope/model/cpu_profile.hpp>
#include <loopscope/model/cpu_quality.hpp>
#include <loopscope/model/presentation.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace loopscope::capture {

/// Bounds on a recording, inclusive.
inline constexpr std::chrono::seconds min_recording{1};
inline constexpr std::chrono::seconds max_recording{120};

struct cpu_request {
  std::chrono::seconds duration;  ///< in [min_recording, max_recording]
  int hz;                         ///< in [cpu::min_hz, cpu::max_hz]
  model::presentation shown{};
};

/// The extensions of a CPU capture's files, which are the names of its formats, in this build.
std::vector<std::string> cpu_formats();

/// Those that there are of one capture.
std::vector<std::string> cpu_formats(model::raw_cpu_profile const& capture);

/// Records one CPU profile of the loop thread. \thread control
class cpu_recorder {
 public:
  /// What it samples with; no two recorders use it at a time. Everything outlives the recorder.
  struct services {
    cpu::loop_sampler& sampler;
    cpu::gperftools_profiler& gperftools;
    capture_services files;
  };

  /// Begins to sample. Where gperftools cannot, the capture goes without its format, with a
  /// warning. \return  errc::busy  another sampler of the process records;
  ///          errc::unsupported  this build cannot sample;
  ///          a storage error.
  /// \throws  system_error if the kernel has no timer.
  static boost::asio::awaitable<result<started_capture>> begin(services with, cpu_request request);

  cpu_recorder(services with, cpu_request request) : with_{with}, request_{request} {}
  cpu_recorder(cpu_recorder const&) = delete;
  cpu_recorder& operator=(cpu_recorder const&) = delete;

  /// All of a capture's life after its begin.
  boost::asio::awaitable<result<capture_result>> record(capture_job& job, std::string stem);

 private:
  result<void> start();
  void stop();
  boost::asio::awaitable<result<capture_result>> sample_and_encode(capture_job& job,
                                                                   std::string stem);
  boost::asio::awaitable<bool> sample(capture_job& job);
  boost::asio::awaitable<void> complete(model::raw_cpu_profile& profile);
  boost::asio::awaitable<model::cpu_quality> measure(model::raw_cpu_profile const& profile) const;

  services with_;
  cpu_request request_;
  cpu_contention_counters contention_before_;
  std::string native_warning_;  // why there will be no native profile
};

}  // namespace loopscope::capture
