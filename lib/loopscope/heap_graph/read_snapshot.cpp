#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/heap_graph/read_snapshot.hpp>
#include <loopscope/heap_graph/snapshot_parser_impl.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace loopscope::heap_graph {

read_result read_snapshot(byte_source const& source, std::uint64_t size, snapshot_parts wanted) {
  return snapshot_parser{source, size, wanted}.parse();
}

read_result read_snapshot(std::filesystem::path const& path, snapshot_parts wanted) {
  auto const fail = [&path] {
    throw std::system_error{errno, std::generic_category(), path.string()};
  };
  file_descriptor const file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat info {};
  if (!file || fstat(file.get(), &info) != 0) fail();
  auto const source = [&file, &fail](std::span<char> to) {
    while (true) {
      auto const got = read(file.get(), to.data(), to.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) fail();
    }
  };
  auto const size = S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0;
  return read_snapshot(source, size, wanted);
}

}  // namespace loopscope::heap_graph
