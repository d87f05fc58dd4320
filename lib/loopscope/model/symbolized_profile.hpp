#pragma once

#include <loopscope/model/cpu_profile.hpp>
#include <loopscope/model/cpu_quality.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::model {

/// A file whose code was running: the executable, a shared library, the vdso.
struct code_module {
  std::uint64_t start = 0;   ///< its executable pages, [start, end)
  std::uint64_t end = 0;     ///<
  std::uint64_t offset = 0;  ///< of `start` in the file
  std::string path;
  std::string build_id;  ///< hexadecimal, empty if it has none
  /// The file that was mapped was replaced, deleted or cannot be read: its code has no names.
  bool is_changed = false;

  bool operator==(code_module const&) const = default;
};

/// What carries calls on, and does nothing that a reader looks for.
enum class plumbing : std::uint8_t {
  none,      ///< any other code
  asio,      ///< Boost.Asio
  beast,     ///< Boost.Beast
  standard,  ///< `std::function`, `std::invoke`, `std::coroutine_handle` and their like
};

/// A function. It is identified by system name and file: different ones may have one name.
struct code_function {
  std::string name;         ///< for readers, never empty
  std::string system_name;  ///< as the linker or the debug information knows it
  std::string file;         ///< as the compiler knew it, absolute as a rule; empty if unknown
  std::uint32_t line = 0;   ///< where it begins, as far as that is known; 1-based, 0 unknown
  plumbing kind = plumbing::none;

  bool operator==(code_function const&) const = default;
};

/// A line of a function that was executing.
struct code_line {
  std::uint32_t function = 0;  ///< index into code_tables::functions
  std::uint32_t line = 0;      ///< 1-based, 0 unknown

  bool operator==(code_line const&) const = default;
};

/// What stands at an address.
struct code_location {
  static constexpr std::uint32_t no_module = ~std::uint32_t{0};

  std::uint64_t address = 0;         ///< inside of the instruction that was executing
  std::uint32_t module = no_module;  ///< index into code_tables::modules
  bool named = true;                 ///< false: the function's name is a number
  std::vector<code_line> lines;      ///< innermost first, never empty; all but the last are inlined

  bool operator==(code_location const&) const = default;
};

/// A call stack with names.
struct code_stack {
  std::vector<std::uint32_t> locations;  ///< innermost first
  bool idle = false;                     ///< the loop waited for work

  bool operator==(code_stack const&) const = default;
};

/// The code of a capture, with names.
struct code_tables {
  std::vector<code_module> modules;  ///< the executable first, if it is known
  std::vector<code_function> functions;
  std::vector<code_location> locations;
  std::vector<code_stack> stacks;

  bool operator==(code_tables const&) const = default;
};

/// A CPU capture with names, in no viewer's format yet.
struct symbolized_profile : code_tables {
  std::chrono::nanoseconds period{};    ///< between two samples, as asked
  std::uint64_t start_ns = 0;           ///< CLOCK_MONOTONIC
  std::uint64_t end_ns = 0;             ///< CLOCK_MONOTONIC
  std::uint64_t start_unix_ns = 0;      ///< CLOCK_REALTIME at start_ns
  std::vector<std::string> labels{""};  ///< the first is empty: no label
  std::vector<cpu_sample> samples;      ///< in order of time
  std::vector<std::string> notes;       ///< what is missing of files, and how to get it: sentences

  bool operator==(symbolized_profile const&) const = default;
};

/// How much of a profile has names. A frame is one call of one sample; what the compiler inlined
/// into it does not count.
struct name_coverage {
  std::uint64_t samples = 0;
  std::uint64_t idle = 0;        ///< samples of the waiting loop
  std::uint64_t frames = 0;      ///< of all samples
  std::uint64_t unresolved = 0;  ///< frames without a name

  /// unresolved / frames, 0 without frames.
  [[nodiscard]] double unresolved_share() const noexcept {
    return frames == 0 ? 0 : static_cast<double>(unresolved) / static_cast<double>(frames);
  }
};

/// O(samples + frames of different stacks).
name_coverage coverage_of(symbolized_profile const& profile);

/// Where the unresolved frames lie, those of changed files left out: the largest shares of all
/// frames first, a path once. O(frames of all samples).
std::vector<unresolved_module> unresolved_modules(symbolized_profile const& profile);

}  // namespace loopscope::model
