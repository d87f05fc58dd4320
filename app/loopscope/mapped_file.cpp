#include "mapped_file.hpp"

#include <loopscope/base/file_descriptor.hpp>

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>

namespace loopscope::tool {

mapped_file::mapped_file(std::filesystem::path const& path) {
  auto const fail = [&](int error) {
    throw std::system_error{error, std::generic_category(), path.string()};
  };
  file_descriptor const file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!file) fail(errno);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) fail(errno);
  if (S_ISDIR(info.st_mode)) fail(EISDIR);
  if (!S_ISREG(info.st_mode)) fail(EINVAL);
  auto const size = static_cast<std::size_t>(info.st_size);
  if (size == 0) return;
  auto* const pages = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (pages == MAP_FAILED) fail(errno);
  bytes_ = {static_cast<char const*>(pages), size};
}

mapped_file::~mapped_file() {
  if (!bytes_.empty()) munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace loopscope::tool
