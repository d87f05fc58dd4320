#pragma once

#include <loopscope/artifacts/ages.hpp>
#include <loopscope/artifacts/digest_cache.hpp>
#include <loopscope/artifacts/owner_lock.hpp>
#include <loopscope/artifacts/pending_artifact.hpp>
#include <loopscope/base/byte_count.hpp>
#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/result.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/stat.h>
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
  std::string sha256;      ///< of the content, hexadecimal; empty if the file was not read yet
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
/// quota, the oldest go first. What an earlier instance left is found again. While it lives,
/// a step of the wall clock evicts nothing.
///
/// Where the file system refuses locks, nobody knows which instances live: the files of all are
/// served, and only our own take part in the quota and are evicted.
///
/// Whatever fails because of the file system is a storage error, which has the errno.
/// \thread short worker, but for digest()
class store {
 public:
  /// \throws system_error if the directory cannot be written to.
  explicit store(settings where, clocks time = system_clocks());
  ~store();
  store(store const&) = delete;
  store& operator=(store const&) = delete;

  /// A name for the files of a new capture, without extension.
  /// \return  a storage error.
  result<std::string> new_stem(std::string_view kind);

  /// Opens a temporary file that `commit` turns into the artifact `name`.
  /// \param name  a stem of ours and an extension.
  /// \return  a storage error.
  result<pending_artifact> create(std::string const& name);

  /// Makes the files of a capture durable and visible; evicts as much as the quota asks for. Those
  /// that are not complete() yet are completed, which may take long.
  /// \return  errc::quota_exceeded  they alone are too large;
  ///          errc::rename_refused  the file system has no way to give them their names;
  ///          a storage error. No file of them is then left.
  result<std::vector<artifact>> commit(std::vector<pending_artifact> pending);

  /// All artifacts, oldest first, after evicting what is too old. Reads no file: what no digest is
  /// known of comes without. O(entries of the directory).
  /// \return  a storage error.
  result<std::vector<artifact>> list();

  /// \return  errc::not_found  also for a name that is none of ours;
  ///          a storage error. The digest may be missing as in list().
  result<open_artifact> open(std::string_view name);

  /// The digest of an open artifact, for which the file is read once.
  /// \throws system_error if it cannot be read.
  /// \thread bulk worker
  std::string digest(open_artifact const& of);

  /// \return  as open().
  result<void> remove(std::string_view name);

  /// Evicts what is too old and counts anew; zeros while the directory is away.
  usage sweep();

  /// The errno with which the file system refuses locks, or 0.
  [[nodiscard]] int lock_refusal() const noexcept { return lock_.refusal(); }

  /// Count and size as of the latest operation; looks at no file. O(1).
  [[nodiscard]] usage current_usage() const noexcept { return usage_; }

 private:
  struct entry {
    std::string name;
    struct stat info;
    std::chrono::nanoseconds age{};
    bool evictable = false;
  };
  result<std::vector<entry>> entries(int directory);
  result<std::vector<entry>> unexpired(int directory);
  void count(byte_count size);
  result<void> make_room(int directory, byte_count wanted);
  [[nodiscard]] bool is_visible(int directory, std::string_view name) const;
  [[nodiscard]] artifact describe(std::string_view name, struct stat const& info) const;

  settings settings_;
  owner_lock lock_;
  usage usage_;
  file_ages ages_;
  digest_cache digests_;
};

}  // namespace loopscope::artifacts
