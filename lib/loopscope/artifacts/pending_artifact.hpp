#pragma once

#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace loopscope::artifacts {

/// A file that is being written under a temporary name; it is removed unless published.
/// \thread any, one at a time
class pending_artifact {
 public:
  /// Creates the temporary file: new, not through a link, readable by its owner alone.
  /// \return  a storage error.
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
  /// \return  a storage error.
  result<void> write(std::string_view bytes);

  /// Says that nothing more is written: makes the content durable and reads it for its digest.
  /// Takes seconds for a gigabyte. The second call does nothing.
  /// \return  a storage error.
  /// \throws  system_error if it cannot be read.
  /// \thread  bulk worker
  result<void> complete();

  /// After complete(): the SHA-256 of the content, hexadecimal.
  [[nodiscard]] std::string const& sha256() const noexcept { return sha256_; }

  /// After complete(): gives the file its name, unless that is taken.
  /// \return  errc::rename_refused  the file system has no way to do it;
  ///          a storage error.
  result<void> publish();

  /// The name of the temporary file for the artifact `name`.
  static std::string temporary_name(std::string_view name);

  /// Whether a directory entry is such a temporary file, and the name that it would get.
  static std::string_view final_name(std::string_view entry) noexcept;

 private:
  pending_artifact(file_descriptor directory, std::string name)
      : directory_{std::move(directory)}, name_{std::move(name)} {}

  file_descriptor directory_;
  file_descriptor file_;
  std::filesystem::path path_;
  std::string name_;
  std::string sha256_;
};

}  // namespace loopscope::artifacts
