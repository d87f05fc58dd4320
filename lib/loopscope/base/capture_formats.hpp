#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace loopscope {

/// What can be captured. A capture of each kind may run at a time.
enum class capture_kind : std::size_t { cpu, heap };

inline constexpr std::array<std::string_view, 2> capture_kind_names{"cpu", "heap"};

/// As file names and JSON have it.
constexpr std::string_view to_text(capture_kind kind) noexcept {
  return capture_kind_names[static_cast<std::size_t>(kind)];
}

/// One format of the files that captures leave.
struct capture_format {
  std::string_view extension;        ///< without its dot; the encoder calls the format so too
  std::string_view media_type;       ///< as it is served
  std::optional<capture_kind> kind;  ///< none for the raw capture, which every kind has
};

/// Every format: store, endpoints and encoder know it from here. Those of a kind stand in the order
/// in which a response lists them, the one for DevTools first.
inline constexpr std::array<capture_format, 9> capture_formats{{
    {"cpuprofile", "application/json", capture_kind::cpu},
    {"pb.gz", "application/octet-stream", capture_kind::cpu},
    {"folded", "text/plain; charset=utf-8", capture_kind::cpu},
    {"prof", "application/octet-stream", capture_kind::cpu},
    {"heapsnapshot", "application/json", capture_kind::heap},
    {"heapprofile", "application/json", capture_kind::heap},
    {"heap.pb.gz", "application/octet-stream", capture_kind::heap},
    {"heap", "application/octet-stream", capture_kind::heap},
    {"raw", "application/octet-stream", std::nullopt},
}};

/// The row of an extension, or null.
constexpr capture_format const* find_capture_format(std::string_view extension) noexcept {
  for (auto const& each : capture_formats)
    if (each.extension == extension) return &each;
  return nullptr;
}

/// How `loopscope` ends, for the service that runs it.
namespace tool_exit {
inline constexpr int failed = 1;
inline constexpr int usage = 2;
inline constexpr int no_space = 3;
inline constexpr int not_comparable = 4;  ///< snapshots of different processes
}  // namespace tool_exit

}  // namespace loopscope
