#pragma once

#include <loopscope/heap/snapshot.hpp>
#include <loopscope/model/raw_heap.hpp>

#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace loopscope::test {

inline void write_whole(int fd, std::string_view bytes) {
  if (write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
}

/// Begins a raw capture, which a snapshot goes on with.
inline void begin_raw_heap(int fd) {
  std::ostringstream beginning;
  model::section_writer{beginning}.section(static_cast<std::uint32_t>(model::heap_tag::mark), {});
  write_whole(fd, beginning.str());
}

/// Forks and waits for the child. \return how it ended.
inline int scan_in_child(heap::snapshot& snapshot) {
  int status = -1;
  auto const child = snapshot.fork();
  return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
}

/// Completes the raw capture.
inline void end_raw_heap(heap::snapshot& snapshot, int fd) {
  std::ostringstream tail;
  model::write_raw_heap_tail(tail, snapshot.description());
  write_whole(fd, tail.str());
}

/// A capture of the process' own heap. \return how the child ended.
inline int take_raw_heap(int fd) {
  begin_raw_heap(fd);
  heap::snapshot snapshot{heap::process_tracker, fd};
  auto const status = scan_in_child(snapshot);
  end_raw_heap(snapshot, fd);
  return status;
}

}  // namespace loopscope::test
