#pragma once

#include <loopscope/model/program_image.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::model {

/// One look at the loop thread.
struct cpu_sample {
  std::uint64_t time_ns = 0;   ///< CLOCK_MONOTONIC
  std::uint32_t stack = 0;     ///< index into raw_cpu_profile::stacks
  std::uint32_t label = 0;     ///< index into raw_cpu_profile::labels; 0 is no label
  std::uint32_t overruns = 0;  ///< timer ticks that were lost just before it

  bool operator==(cpu_sample const&) const = default;
};

/// Program counters, innermost first. The first is where the thread was; every other is a return
/// address: look it up one byte before; or a coroutine that waits, as a `waiting_word`.
using call_stack = std::vector<std::uint64_t>;

/// Whether a stack goes to the start of its thread.
enum class stack_end : std::uint8_t {
  whole,   ///< it does
  cut,     ///< deeper than the limit: outer frames are missing
  broken,  ///< the walk could not go on: outer frames are missing
};

/// A CPU capture as the service takes it: addresses without names.
struct raw_cpu_profile : program_image {
  std::chrono::nanoseconds period{};    ///< between two samples, as asked
  std::uint64_t start_ns = 0;           ///< CLOCK_MONOTONIC
  std::uint64_t end_ns = 0;             ///< CLOCK_MONOTONIC, not before start_ns
  std::uint64_t start_unix_ns = 0;      ///< CLOCK_REALTIME at start_ns
  std::uint64_t dropped = 0;            ///< samples that found no room
  std::vector<std::string> labels{""};  ///< the first is empty: no label
  std::vector<call_stack> stacks;       ///< different ones
  std::vector<stack_end> stack_ends;    ///< by stack; empty: not recorded, taken for whole
  std::vector<cpu_sample> samples;      ///< in order of time
  std::string gperftools;               ///< gperftools' own profile, or empty

  bool operator==(raw_cpu_profile const&) const = default;
};

}  // namespace loopscope::model
