#include <loopscope/artifacts/directory_impl.hpp>

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <utility>

namespace loopscope::artifacts {

result<file_descriptor> open_directory(std::filesystem::path const& path) {
  file_descriptor directory{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory) return storage_error(errno);
  return directory;
}

result<std::vector<std::string>> names_in(int directory) {
  // A descriptor of its own: reading moves the offset, and closedir() closes it.
  auto const fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::unique_ptr<DIR, int (*)(DIR*)> const stream{fd < 0 ? nullptr : fdopendir(fd), closedir};
  if (!stream) return storage_error(errno);
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    auto const* entry = readdir(stream.get());  // NOLINT(concurrency-mt-unsafe): our own stream
    if (!entry && errno != 0) return storage_error(errno);
    if (!entry) return names;
    names.emplace_back(entry->d_name);
  }
}

std::optional<struct stat> look_at(int directory, std::string const& name) {
  struct stat info {};
  if (fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return info;
}

bool is_same_file(struct stat const& a, struct stat const& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

bool is_same_file(int directory, std::string const& name, int fd) {
  auto const here = look_at(directory, name);
  struct stat open {};
  return here && fstat(fd, &open) == 0 && is_same_file(*here, open);
}

bool is_own_regular_file(struct stat const& info) {
  return S_ISREG(info.st_mode) && info.st_uid == geteuid() && info.st_nlink == 1;
}

bool is_own_regular_file(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && is_own_regular_file(info);
}

result<file_descriptor> open_own_file(int directory, std::string const& name) {
  constexpr auto flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  file_descriptor file{openat(directory, name.c_str(), flags)};
  if (!file && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EIO))
    return storage_error(errno);
  if (!file || !is_own_regular_file(file.get())) return errc::not_found;
  return file;
}

}  // namespace loopscope::artifacts
