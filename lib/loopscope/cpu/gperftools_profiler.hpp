#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <chrono>
#include <string>

namespace loopscope::cpu {

/// gperftools' CPU profiler without its timer: it counts the SIGPROFs that a loop_sampler passes
/// on. \thread worker: starting and stopping takes up to 10 ms
class gperftools_profiler {
 public:
  /// Whether this build has gperftools.
  static bool available() noexcept;

  gperftools_profiler() = default;
  gperftools_profiler(gperftools_profiler const&) = delete;
  gperftools_profiler& operator=(gperftools_profiler const&) = delete;
  ~gperftools_profiler();

  /// Starts to count, into memory.
  /// \return  errc::unsupported  without gperftools;
  ///          errc::busy  gperftools profiles already, perhaps by CPUPROFILE.
  /// \throws  system_error if there is no memory for the file.
  result<void> start();

  /// Ends counting.
  /// \param period  the one that was really used; it is noted in the profile.
  /// \return  the profile in gperftools' own format; empty when it was not running.
  /// \throws  system_error if it cannot be read.
  /// Source: https://gperftools.github.io/gperftools/cpuprofile-fileformat.html
  std::string stop(std::chrono::microseconds period);

  /// Ends counting, if it runs, and drops the profile.
  void discard() noexcept;

 private:
  file_descriptor file_;
};

}  // namespace loopscope::cpu
