#pragma once

#include <loopscope/artifacts/ages.hpp>

#include <chrono>

namespace loopscope::test {

/// Clocks that go when they are told; the wall clock can be set besides. It is late at first, so
/// that a file which is written by the real one is from the past.
struct fake_clocks {
  std::chrono::system_clock::time_point wall =
      std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now());
  std::chrono::nanoseconds uptime = std::chrono::hours{5};

  void pass(std::chrono::nanoseconds time) {
    wall += std::chrono::duration_cast<std::chrono::system_clock::duration>(time);
    uptime += time;
  }

  /// Borrowed from this object.
  artifacts::clocks clocks() {
    return {[this] { return wall; }, [this] { return uptime; }};
  }
};

}  // namespace loopscope::test
