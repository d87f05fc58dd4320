#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/base/read_file.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <utility>

namespace loopscope {

namespace {

boost::system::error_code last_error() {
  return {errno, boost::system::generic_category()};
}

}  // namespace

result<std::string> read_file(std::filesystem::path const& path) {
  file_descriptor const file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return last_error();
  return read_rest(file.get());
}

std::string read_file_or_nothing(std::filesystem::path const& path) {
  auto text = read_file(path);
  return text ? std::move(*text) : std::string{};
}

result<std::string> read_rest(int fd) {
  std::string text;
  std::array<char, std::size_t{64} * 1024> piece;
  while (true) {
    auto const got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error();
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace loopscope
