#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace loopscope::artifacts {

/// A file that is being written under a temporary name; it is removed unless published.
/// \thread worker
class pending_artifact {
 public:
  /// Creates the temporary file: new, not through a link, readable by its owner alone.
  /// \return  errc::storage_unavailable, errc::storage_full.
  static result<pending_artifact> create(file_descriptor directory,
                                         std::filesystem::path const& where, std::string name);

  pending_artifact(pending_artifact&&) noexcept = default;
  pending_artifact& operator=(pending_artifact&&) = delete;
  ~pending_artifact();

  /// The open file, for reading and writing.
  [[nodiscard]] int fd() const noexcept { return file_.get(); }
  [[nodiscard]] int directory() const noexcept { return directory_.get(); }
  [[nodiscard]] std::string const& name() const noexcept { return name_; }

  /// Where the temporary file lies, for another process that writes it.
  [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

  /// Writes all of `bytes` at the file's offset.
  /// \return  errc::storage_full, errc::storage_unavailable.
  result<void> write(std::string_view bytes);

  /// Makes the content durable and gives the file its name, unless that is taken.
  /// \return  errc::storage_full, errc::storage_unavailable.
  result<void> publish();

  /// Whether a directory entry is such a temporary file, and the name that it would get.
  static std::string_view final_name(std::string_view entry) noexcept;

 private:
  pending_artifact(file_descriptor directory, std::string name)
      : directory_{std::move(directory)}, name_{std::move(name)} {}

  file_descriptor directory_;
  file_descriptor file_;
  std::filesystem::path path_;
  std::string name_;
};

}  // namespace loopscope::artifacts
