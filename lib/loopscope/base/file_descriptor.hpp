#pragma once

#include <cstddef>
#include <unistd.h>
#include <utility>

namespace loopscope {

/// Owns an open file descriptor, or none.
class file_descriptor {
 public:
  file_descriptor() = default;
  explicit file_descriptor(int fd) noexcept : fd_{fd} {}
  file_descriptor(file_descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  file_descriptor& operator=(file_descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~file_descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Raises the process' soft limit of open files to `wanted`, or as far as the hard limit allows.
/// It is never lowered.
/// \return the soft limit as it is then.
/// \throws system_error if the system does not tell it.
/// \thread any
/// Source: getrlimit(2), RLIMIT_NOFILE.
std::size_t raise_descriptor_limit(std::size_t wanted);

}  // namespace loopscope
