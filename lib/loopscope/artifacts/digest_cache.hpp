#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/stat.h>

namespace loopscope::artifacts {

/// \throws system_error if the system does not tell.
struct stat stat_of(int fd);

/// Reads an open file from its beginning to its end. About 3 s for a gigabyte.
/// \return its SHA-256, hexadecimal.
/// \throws system_error if it cannot be read.
/// \thread bulk worker
std::string sha256_of_file(int fd);

/// The digests of artifacts, each read once: a file that was changed since has another. Looking one
/// up never waits for one that is being read. \thread any
class digest_cache {
 public:
  /// \param info  of the file as it is now.
  /// \return empty if its digest is not known.
  [[nodiscard]] std::string find(std::string_view name, struct stat const& info) const;

  /// Reads the file unless its digest is known.
  /// \throws system_error if it cannot be read.
  /// \thread bulk worker
  std::string compute(std::string_view name, int fd);

  void insert(std::string_view name, struct stat const& info, std::string sha256);
  void erase(std::string_view name);

 private:
  // What a digest was computed of.
  struct identity {
    std::uint64_t inode;
    std::uint64_t size;
    std::int64_t modified_ns;
    bool operator==(identity const&) const = default;
  };
  struct known {
    identity of;
    std::string sha256;
  };

  static identity identity_of(struct stat const& info);

  mutable std::mutex mutex_;
  std::map<std::string, known, std::less<>> known_;
};

}  // namespace loopscope::artifacts
