#pragma once

#include <loopscope/artifacts/store.hpp>
#include <loopscope/base/result.hpp>
#include <loopscope/capture/cpu_pressure.hpp>
#include <loopscope/cpu/loop_sampler.hpp>
#include <loopscope/cpu/native_profiler.hpp>
#include <loopscope/model/cpu_profile.hpp>
#include <loopscope/model/cpu_quality.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace loopscope::capture {

/// The steps of a CPU capture, between which somebody else waits.
/// \thread worker, where a step may block; drain() and end_sampling(): control. One at a time
class cpu_recorder {
 public:
  /// The references outlive the object.
  cpu_recorder(cpu::loop_sampler& sampler, cpu::native_profiler& native, artifacts::store& store)
      : sampler_{sampler}, native_{native}, store_{store} {}

  /// Starts to sample.
  /// \param hz  in [cpu::min_hz, cpu::max_hz].
  /// \return  the stem of the capture's files;
  ///          errc::busy, errc::unsupported, errc::storage_unavailable.
  result<std::string> begin(int hz);

  /// Takes over the samples so far. \thread control
  void drain() { sampler_.drain(); }

  /// Ends sampling; what was taken waits for store_raw() or abandon(). \thread control: it must not
  /// wait behind other work
  void end_sampling();

  /// Ends what runs and drops what was taken, if anything.
  void abandon();

  /// Stores the raw capture of what was taken.
  /// \return  what the samples alone tell about their quality;
  ///          errc::nothing_captured, or an error of the store.
  result<std::pair<artifacts::artifact, model::cpu_quality>> store_raw(std::string const& stem);

  /// Removes a raw capture that nobody wants.
  void remove_raw(std::string const& name);

  /// Temporary files for the encoder to write, one a format.
  result<std::vector<artifacts::pending_artifact>> open_outputs(std::string const& stem);

  /// Publishes what the encoder wrote and removes the raw capture.
  result<std::vector<artifacts::artifact>> publish(std::vector<artifacts::pending_artifact> outputs,
                                                   std::string const& raw_name);

 private:
  cpu::loop_sampler& sampler_;
  cpu::native_profiler& native_;
  artifacts::store& store_;
  cpu_pressure_counters pressure_before_;
  std::optional<model::raw_cpu_profile> taken_;
};

/// The formats of a CPU capture, as extensions and as the encoder calls them.
std::vector<std::string> const& cpu_formats();

}  // namespace loopscope::capture
