#pragma once

#include <loopscope/artifacts/owner_lock.hpp>
#include <loopscope/artifacts/pending_artifact.hpp>
#include <loopscope/base/byte_count.hpp>
#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loopscope::artifacts {

/// Where artifacts lie and how much of them.
struct settings {
  std::filesystem::path directory{"/tmp"};
  byte_count quota = mebibytes(2048);
  std::chrono::milliseconds max_age = std::chrono::hours{24};

  bool operator==(settings const&) const = default;
};

/// One finished artifact.
struct artifact {
  std::string name;
  std::filesystem::path path;
  byte_count size;
  std::string sha256;      ///< of the content, hexadecimal
  std::string kind;        ///< `cpu` or `heap`
  std::string capture_id;  ///< shared by the files of one capture
  std::chrono::system_clock::time_point created;
};

/// An artifact that is open for reading; it can be read to its end even when it is evicted.
struct open_artifact {
  artifact about;
  file_descriptor file;
};

struct usage {
  std::size_t count = 0;
  byte_count size;
};

/// Captures as files in a directory that others may use too, such as /tmp.
///
/// Written under a temporary name and renamed when complete, so that a reader never sees half a
/// file. Only regular files of the name pattern, of our own user and with one link are served,
/// counted or evicted, and none of another live instance. When an artifact does not fit into the
/// quota, the oldest go first. What an earlier instance left is found again.
/// \thread worker
class store {
 public:
  /// \throws system_error if the directory cannot be written to.
  explicit store(settings where);
  ~store();
  store(store const&) = delete;
  store& operator=(store const&) = delete;

  /// A name for the files of a new capture, without extension.
  /// \return  errc::storage_unavailable.
  result<std::string> new_stem(std::string_view kind);

  /// Opens a temporary file that `commit` turns into the artifact `name`.
  /// \param name  a stem of ours and an extension.
  /// \return  errc::storage_unavailable, errc::storage_full.
  result<pending_artifact> create(std::string const& name);

  /// Makes the files of a capture durable and visible; evicts as much as the quota asks for.
  /// \return  errc::quota_exceeded  they alone are too large;
  ///          errc::storage_unavailable, errc::storage_full. No file of them is then left.
  result<std::vector<artifact>> commit(std::vector<pending_artifact> pending);

  /// All artifacts, oldest first, after evicting what is too old. O(entries of the directory);
  /// a file that this process did not write is read once for its digest.
  /// \return  errc::storage_unavailable.
  result<std::vector<artifact>> list();

  /// \return  errc::not_found  also for a name that is none of ours;
  ///          errc::storage_unavailable.
  result<open_artifact> open(std::string_view name);

  /// \return  as open().
  result<void> remove(std::string_view name);

  /// Evicts what is too old and counts anew; zeros while the directory is away.
  usage sweep();

  /// Count and size as of the latest operation; looks at no file. O(1).
  [[nodiscard]] usage current_usage() const noexcept { return usage_; }

 private:
  struct entry {
    std::string name;
    byte_count size;
    std::chrono::system_clock::time_point created;
  };
  // What a digest was computed of: a file that was changed since has another.
  struct identity {
    std::uint64_t inode;
    std::uint64_t size;
    std::int64_t modified_ns;
    // NOLINTNEXTLINE(modernize-use-nullptr): takes the comparison that this makes for a pointer
    auto operator<=>(identity const&) const = default;
  };

  std::vector<entry> entries(int directory);
  std::vector<entry> unexpired(int directory);
  void count(byte_count size);
  result<void> make_room(int directory, byte_count wanted);
  result<file_descriptor> open_file(int directory, std::string_view name) const;
  result<artifact> describe(std::string_view name, int fd);
  std::string digest_of(std::string_view name, int fd);

  settings settings_;
  owner_lock lock_;
  usage usage_;
  std::map<std::string, std::pair<identity, std::string>, std::less<>> digests_;
};

}  // namespace loopscope::artifacts
