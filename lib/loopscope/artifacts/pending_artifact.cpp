#include <loopscope/artifacts/digest_cache.hpp>
#include <loopscope/artifacts/pending_artifact.hpp>
#include <loopscope/artifacts/publish_impl.hpp>
#include <loopscope/base/expects.hpp>

#include <cerrno>
#include <fcntl.h>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace loopscope::artifacts {

namespace {

constexpr std::string_view prefix = ".loopscope-";
constexpr std::string_view suffix = ".part";

// A file system that cannot flush says so; what was written is as safe there as it can be.
bool cannot_flush(int error) {
  return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP;
}

}  // namespace

result<pending_artifact> pending_artifact::create(file_descriptor directory,
                                                  std::filesystem::path const& where,
                                                  std::string name) {
  pending_artifact pending{std::move(directory), std::move(name)};
  constexpr auto flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  pending.file_ = file_descriptor{
      openat(pending.directory(), temporary_name(pending.name_).c_str(), flags, 0600)};
  if (!pending.file_) return storage_error(errno);
  pending.path_ = where / temporary_name(pending.name_);
  return pending;
}

pending_artifact::~pending_artifact() {
  if (file_) unlinkat(directory(), temporary_name(name_).c_str(), 0);
}

result<void> pending_artifact::write(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const written = ::write(fd(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return storage_error(errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

result<void> pending_artifact::complete() {
  if (!sha256_.empty()) return {};
  if (fsync(fd()) != 0 && !cannot_flush(errno)) return storage_error(errno);
  sha256_ = sha256_of_file(fd());
  return {};
}

result<void> pending_artifact::publish() {
  LOOPSCOPE_EXPECTS(!sha256_.empty());
  auto const named = give_name(directory(), fd(), temporary_name(name_), name_);
  if (!named) return named;
  // The name has to survive a power cut too; where that fails the content is still there.
  std::ignore = fsync(directory());
  file_ = {};
  return {};
}

std::string pending_artifact::temporary_name(std::string_view name) {
  return std::string{prefix}.append(name).append(suffix);
}

std::string_view pending_artifact::final_name(std::string_view entry) noexcept {
  if (!entry.starts_with(prefix) || !entry.ends_with(suffix)) return {};
  entry.remove_prefix(prefix.size());
  entry.remove_suffix(suffix.size());
  return entry;
}

}  // namespace loopscope::artifacts
