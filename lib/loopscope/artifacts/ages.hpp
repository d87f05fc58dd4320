#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <sys/stat.h>

namespace loopscope::artifacts {

/// The clocks that files age by.
struct clocks {
  std::function<std::chrono::system_clock::time_point()> wall;  ///< may be set, forward and back
  std::function<std::chrono::nanoseconds()> uptime;  ///< since the boot, asleep or not; never set
};

/// The clocks of the system.
clocks system_clocks();

/// When files were modified.
std::chrono::system_clock::time_point modified(struct stat const& info);

/// How old files are, whatever the wall clock is set to.
///
/// From when a file is first seen, it ages by the uptime. How old it is then, only its time of
/// modification tells, by the wall clock: as it shows now, or as it would show had nobody set it
/// since the object was made, whichever makes the file younger; a file from the future is new.
/// So a step of the wall clock makes no file older than it is, and keeps none for longer than its
/// age limit. A file that was modified or replaced is another one.
/// \thread any, one at a time
class file_ages {
 public:
  explicit file_ages(clocks time);

  /// Begins to look at all files: ages are as of now, until the next call.
  void begin();

  /// The age of a file, which is known from now on.
  std::chrono::nanoseconds of(std::string_view name, struct stat const& info);

  /// Forgets the files that were not asked for since begin().
  void end();

  /// Takes down a file that was made just now, at whatever time its file system says.
  void add_new(std::string_view name, struct stat const& info);

  [[nodiscard]] std::chrono::system_clock::time_point wall_time() const { return time_.wall(); }

 private:
  struct known {
    std::uint64_t inode;
    std::chrono::system_clock::time_point modified;
    std::chrono::nanoseconds born;  // by the uptime; before zero if it is older
    std::uint64_t asked = 0;        // in which round
  };

  [[nodiscard]] std::chrono::nanoseconds apparent_age(struct stat const& info) const;

  clocks time_;
  std::chrono::system_clock::time_point booted_;  // by the wall clock as it was at first
  std::chrono::system_clock::time_point wall_;    // as of begin(), like uptime_
  std::chrono::nanoseconds uptime_{};
  std::uint64_t round_ = 0;
  std::map<std::string, known, std::less<>> known_;
};

}  // namespace loopscope::artifacts
