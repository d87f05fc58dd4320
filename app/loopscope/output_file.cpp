#include "output_file.hpp"

#include <loopscope/base/hex.hpp>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace loopscope::tool {

namespace {

constexpr int write_flags = O_WRONLY | O_NOFOLLOW | O_CLOEXEC;
constexpr mode_t shared_mode = 0666;  // as the umask has it
constexpr mode_t private_mode = 0600;

[[noreturn]] void fail(std::filesystem::path const& path, int error) {
  throw std::system_error{error, std::generic_category(), path.string()};
}

bool is_regular(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the buffer is written before read
descriptor_buffer::descriptor_buffer(int fd) : fd_{fd} {
  setp(pending_.begin(), pending_.end());
}

descriptor_buffer::int_type descriptor_buffer::overflow(int_type c) {
  if (sync() != 0) return traits_type::eof();
  if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
  return traits_type::not_eof(c);
}

int descriptor_buffer::sync() {
  for (auto const* at = pbase(); at != pptr() && error_ == 0;) {
    auto const written = write(fd_, at, static_cast<std::size_t>(pptr() - at));
    if (written >= 0)
      at += written;
    else if (errno != EINTR)
      error_ = errno;
  }
  setp(pending_.begin(), pending_.end());
  return error_ == 0 ? 0 : -1;
}

output_file::output_file(std::filesystem::path path, bool in_place)
    : path_{std::move(path)},
      file_{in_place ? open_in_place() : open_temporary()},
      buffer_{file_.get()},
      stream_{&buffer_} {}

output_file::~output_file() {
  if (published_) return;
  auto const& made = temporary_.empty() ? path_ : temporary_;
  // An error cannot be reported here, and a file that stays is an empty or a hidden one.
  if (created_)
    std::ignore = unlink(made.c_str());
  else
    std::ignore = ftruncate(file_.get(), 0);
}

file_descriptor output_file::open_in_place() {
  file_descriptor file{open(path_.c_str(), write_flags | O_CREAT | O_EXCL, private_mode)};
  created_ = static_cast<bool>(file);
  // Non-blocking: a FIFO is refused, not waited for.
  if (!file && errno == EEXIST)
    file = file_descriptor{open(path_.c_str(), write_flags | O_NONBLOCK)};
  if (!file) fail(path_, errno);
  if (!is_regular(file.get())) fail(path_, EINVAL);
  if (ftruncate(file.get(), 0) != 0) fail(path_, errno);
  return file;
}

file_descriptor output_file::open_temporary() {
  auto const name = "." + path_.filename().string() + "." + random_hex(8) + ".part";
  temporary_ = path_.parent_path() / name;
  file_descriptor file{open(temporary_.c_str(), write_flags | O_CREAT | O_EXCL, shared_mode)};
  if (!file) fail(path_, errno);
  created_ = true;
  return file;
}

void output_file::complete() {
  stream_.flush();
  if (buffer_.error() != 0 || !stream_) fail(path_, buffer_.error() != 0 ? buffer_.error() : EIO);
}

void output_file::publish() {
  if (!temporary_.empty() && rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, errno);
  published_ = true;
}

}  // namespace loopscope::tool
