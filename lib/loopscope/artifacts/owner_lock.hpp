#pragma once

#include <loopscope/base/file_descriptor.hpp>

#include <string>
#include <string_view>

namespace loopscope::artifacts {

/// What is known of the instance that wrote an artifact.
enum class owner {
  us,
  gone,     ///< it ended
  alive,    ///< another instance that runs
  unknown,  ///< the file system refuses locks, so nobody can tell
};

/// Marks this process as the live owner of its artifacts in a directory.
///
/// A file `.loopscope-<4 hex>.lock` that is kept locked for life. The lock dies with the process,
/// however it ends, so a later instance can see which artifacts have a living owner. Where locks
/// are refused (NFS without its lock service) the mark only reserves the id.
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

  /// The errno with which the file system refused to lock the mark, or 0.
  [[nodiscard]] int refusal() const noexcept { return refusal_; }

  /// Whether the mark still lies in `directory`; not after the directory was removed.
  [[nodiscard]] bool is_in(int directory) const;

  /// What is known of the instance `id`.
  [[nodiscard]] owner find(int directory, std::string_view id) const;

  /// Removes the mark.
  void release(int directory) noexcept;

 private:
  std::string id_;
  file_descriptor file_;
  int refusal_ = 0;
};

}  // namespace loopscope::artifacts
