#include <loopscope/artifacts/directory_impl.hpp>
#include <loopscope/artifacts/owner_lock.hpp>
#include <loopscope/base/hex.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace loopscope::artifacts {

namespace {

constexpr std::string_view prefix = ".loopscope-";
constexpr std::string_view suffix = ".lock";
constexpr std::size_t id_length = 4;
constexpr int attempts = 100;

std::string file_name(std::string_view id) {
  return std::string{prefix}.append(id).append(suffix);
}

bool is_lock_name(std::string_view name) {
  return name.size() == prefix.size() + id_length + suffix.size() && name.starts_with(prefix) &&
         name.ends_with(suffix);
}

file_descriptor open_lock(int directory, std::string const& name, int flags) {
  return file_descriptor{
      openat(directory, name.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)};
}

// Not where a file system gives what we make to another user.
bool is_own(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && info.st_uid == geteuid();
}

void remove_dead(int directory) {
  auto const names = names_in(directory);
  if (!names) return;  // the store reports it
  for (auto const& name : *names) {
    if (!is_lock_name(name)) continue;
    // For writing, although nothing is written: NFS locks exclusively only what is open for it.
    auto const file = open_lock(directory, name, O_RDWR);
    if (file && is_own_regular_file(file.get()) && flock(file.get(), LOCK_EX | LOCK_NB) == 0)
      unlinkat(directory, name.c_str(), 0);
  }
}

// Of what could not be opened. Only what is surely no mark of ours means that its owner is gone.
owner owner_without_mark(int error) {
  if (error == ENOENT || error == ELOOP || error == ENXIO) return owner::gone;
  // Without a descriptor to look with, it has to be taken as another instance's.
  if (error == EMFILE || error == ENFILE || error == ENOMEM) return owner::alive;
  return owner::unknown;
}

int lock_exclusively(int fd) {
  int outcome = 0;
  do {
    outcome = flock(fd, LOCK_EX | LOCK_NB);
  } while (outcome != 0 && errno == EINTR);
  return outcome == 0 ? 0 : errno;
}

}  // namespace

owner_lock::owner_lock(int directory) {
  remove_dead(directory);
  int cause = EEXIST;
  for (int i = 0; i < attempts && cause == EEXIST; ++i) {
    auto id = random_hex(id_length);
    auto const name = file_name(id);
    auto file = open_lock(directory, name, O_RDWR | O_CREAT | O_EXCL);
    if (!file) cause = errno;
    if (!file) continue;
    if (!is_own(file.get())) {  // nor would any artifact be
      unlinkat(directory, name.c_str(), 0);
      cause = EPERM;
      continue;
    }
    auto const refusal = lock_exclusively(file.get());
    // Another instance that removes dead marks has taken it for one.
    if (refusal == EWOULDBLOCK) unlinkat(directory, name.c_str(), 0);
    if (refusal == EWOULDBLOCK || !is_same_file(directory, name, file.get())) continue;
    id_ = std::move(id);
    file_ = std::move(file);
    refusal_ = refusal;
    return;
  }
  throw std::system_error{cause, std::generic_category(), "cannot write to the artifact directory"};
}

bool owner_lock::is_in(int directory) const {
  return file_ && is_same_file(directory, file_name(id_), file_.get());
}

owner owner_lock::find(int directory, std::string_view id) const {
  if (id == id_) return owner::us;
  if (refusal_ != 0) return owner::unknown;
  auto const file = open_lock(directory, file_name(id), O_RDONLY);
  if (!file) return owner_without_mark(errno);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return owner::unknown;
  if (!is_own_regular_file(info)) return owner::gone;
  if (flock(file.get(), LOCK_SH | LOCK_NB) == 0) return owner::gone;
  return errno == EWOULDBLOCK ? owner::alive : owner::unknown;
}

void owner_lock::release(int directory) noexcept {
  if (is_in(directory)) unlinkat(directory, file_name(id_).c_str(), 0);
  file_ = {};
}

}  // namespace loopscope::artifacts
