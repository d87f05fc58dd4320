#include <loopscope/artifacts/directory_impl.hpp>
#include <loopscope/artifacts/publish_impl.hpp>

#include <cerrno>
#include <fcntl.h>
#include <stdio.h>
#include <tuple>
#include <unistd.h>

namespace loopscope::artifacts {

namespace {

// Whether the system or the file system does not do this at all, so that another way may work. No
// way replaces a file, so one too many does no harm.
bool is_refusal(int error) {
  return error == EINVAL || error == ENOSYS || error == EPERM || error == EOPNOTSUPP ||
         error == EXDEV || error == EMLINK;
}

// The errno, or 0.
int link_and_unlink(int directory, int fd, std::string const& from, std::string const& to) {
  if (linkat(directory, from.c_str(), directory, to.c_str(), 0) != 0) {
    auto const error = errno;
    // A server that was asked twice refuses what it did the first time: see NFS in open(2).
    if (error != EEXIST || !is_same_file(directory, to, fd)) return error;
  }
  // It may be gone already: a file with two names is cleared of this one whenever a store starts.
  if (unlinkat(directory, from.c_str(), 0) == 0 || errno == ENOENT) return 0;
  auto const error = errno;
  std::ignore = unlinkat(directory, to.c_str(), 0);  // with two names it is served under none
  return error;
}

// The errno, or 0.
int reserve_and_rename(int directory, int fd, std::string const& from, std::string const& to) {
  constexpr auto flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  file_descriptor const reserved{openat(directory, to.c_str(), flags, 0600)};
  if (!reserved) return errno;
  if (!is_same_file(directory, to, reserved.get())) return EEXIST;  // somebody replaced it
  if (renameat(directory, from.c_str(), directory, to.c_str()) == 0) return 0;
  auto const error = errno;
  if (error == ENOENT && is_same_file(directory, to, fd)) return 0;  // asked twice, as above
  if (is_same_file(directory, to, reserved.get())) unlinkat(directory, to.c_str(), 0);
  return error;
}

}  // namespace

result<void> give_name(int directory, int fd, std::string const& from, std::string const& to) {
  auto const renamed =
      renameat2(directory, from.c_str(), directory, to.c_str(), RENAME_NOREPLACE) == 0;
  auto error = renamed ? 0 : errno;
  if (is_refusal(error)) error = link_and_unlink(directory, fd, from, to);
  if (is_refusal(error)) error = reserve_and_rename(directory, fd, from, to);
  if (is_refusal(error)) return errc::rename_refused;
  if (error != 0) return storage_error(error);
  return {};
}

}  // namespace loopscope::artifacts
