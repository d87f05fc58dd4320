#pragma once

#include <loopscope/base/file_descriptor.hpp>

#include <string>
#include <string_view>

namespace loopscope::artifacts {

/// Marks this process as the live owner of its artifacts in a directory.
///
/// A file `.loopscope-<4 hex>.lock` that is kept locked for life. The lock dies with the process,
/// however it ends, so a later instance can see which artifacts have a living owner.
/// \thread worker
class owner_lock {
 public:
  owner_lock() = default;
  owner_lock(owner_lock&&) = default;
  owner_lock& operator=(owner_lock&&) = default;

  /// Takes an id that no live instance uses, and removes the marks of dead ones.
  /// \param directory  an open directory.
  /// \throws system_error if no mark can be written there.
  explicit owner_lock(int directory);

  [[nodiscard]] std::string const& id() const noexcept { return id_; }

  /// Whether the mark still lies in `directory`; not after the directory was removed.
  [[nodiscard]] bool is_in(int directory) const;

  /// Whether another live instance has taken `id`.
  [[nodiscard]] bool is_held_elsewhere(int directory, std::string_view id) const;

  /// Removes the mark.
  void release(int directory) noexcept;

 private:
  std::string id_;
  file_descriptor file_;
};

}  // namespace loopscope::artifacts
