#pragma once

#include <loopscope/base/file_descriptor.hpp>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <system_error>
#include <unistd.h>

namespace loopscope::test {

/// A pipe that holds one page, so that it is soon full.
struct small_pipe {
  file_descriptor from;
  file_descriptor to;

  small_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      throw std::system_error{errno, std::generic_category(), "pipe2"};
    from = file_descriptor{ends[0]};
    to = file_descriptor{ends[1]};
    if (fcntl(to.get(), F_SETPIPE_SZ, 4096) < 0)
      throw std::system_error{errno, std::generic_category(), "F_SETPIPE_SZ"};
  }
};

/// What comes from `fd` until its other end is closed.
inline std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    auto const got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace loopscope::test
