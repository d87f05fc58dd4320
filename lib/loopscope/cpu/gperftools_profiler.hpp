#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <chrono>
#include <cstdint>
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

  /// Starts to count, into memory. gperftools ends the process when something goes wrong that it
  /// does not expect, so it is not started where that can be foreseen.
  /// \return  errc::unsupported  without gperftools;
  ///          errc::busy  gperftools profiles already, perhaps by CPUPROFILE;
  ///          errc::memory_refused  no room for its tables;
  ///          EFBIG  files may not grow without limit, nor may memory files then;
  ///          another errno  the memory file cannot be made.
  result<void> start();

  /// How many signals it has counted since the start; 0 when it is not running.
  [[nodiscard]] std::uint64_t samples() const noexcept;

  /// Ends counting.
  /// \param period  the one that was really used; it is noted in the profile.
  /// \return  the profile in gperftools' own format; empty when it was not running, and when it
  ///          could not be written, because a file size limit has been set meanwhile, or not read.
  /// Source: https://gperftools.github.io/gperftools/cpuprofile-fileformat.html
  std::string stop(std::chrono::microseconds period);

  /// Ends counting, if it runs, and drops the profile.
  void discard() noexcept;

 private:
  bool end() noexcept;

  file_descriptor file_;
};

}  // namespace loopscope::cpu
