#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace loopscope::artifacts {

/// The parts of a name such as `cpu-2026-01-02T03-04-05.678Z-0123abcd.prof`.
struct artifact_name {
  std::string_view kind;        ///< `cpu` or `heap`
  std::string_view capture_id;  ///< eight hex digits, shared by all files of one capture
  std::string_view extension;   ///< without the first dot

  /// The instance that wrote it: the first four digits of the capture id.
  [[nodiscard]] std::string_view owner() const { return capture_id.substr(0, 4); }
};

/// Takes a name apart; none if it is not of this pattern. Nothing else is ever served, counted or
/// evicted. The parts borrow from `text`.
std::optional<artifact_name> parse_name(std::string_view text);

/// `<kind>-<ISO time>-<owner><4 random hex digits>`, to which an extension is appended.
std::string make_stem(std::string_view kind, std::string_view owner,
                      std::chrono::system_clock::time_point now);

/// The capture id at the end of a stem, borrowed from it.
std::string_view capture_id_of(std::string_view stem) noexcept;

}  // namespace loopscope::artifacts
