#pragma once

#include <loopscope/base/byte_count.hpp>
#include <loopscope/base/file_descriptor.hpp>
#include <loopscope/heap/tracker.hpp>
#include <loopscope/model/raw_heap.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <sys/types.h>

namespace loopscope::heap {

struct scan_input;
template <class T>
class page_list;

/// How the child ends, beside tool_exit: there was no memory.
inline constexpr int scan_without_memory = 5;

/// One snapshot of the live blocks: a forked child looks through a copy of the memory, while the
/// service goes on. Pages of blocks of 1 MiB and more are not copied; the child reads them from the
/// live process, as they are then.
/// \thread any, but all on one
class snapshot {
 public:
  /// Looks for roots, and numbers the blocks that no snapshot has seen.
  /// \param of      outlives it. It tracks exactly.
  /// \param output  an open file, where the child writes its sections.
  snapshot(tracker& of, int output);
  ~snapshot();
  snapshot(snapshot const&) = delete;
  snapshot& operator=(snapshot const&) = delete;

  /// Forks, all signals blocked in the child. Operators new and delete wait meanwhile, on any
  /// thread, and so must this one not allocate.
  /// \return  the child, which is to be reaped: it ends with 0, a value of tool_exit, or
  ///          scan_without_memory; -1 with errno if it was refused.
  pid_t fork() noexcept;

  /// For how long operators new and delete waited.
  [[nodiscard]] std::chrono::nanoseconds pause() const noexcept { return pause_; }

  [[nodiscard]] live_table::totals const& totals() const noexcept { return totals_; }

  /// What stands in the capture beside what the child writes. \thread worker
  [[nodiscard]] model::raw_heap description();

 private:
  void add_files();
  void add_statics();
  void add_threads(void const* own_frame);
  void leave_out_large_blocks() noexcept;

  tracker& of_;
  file_descriptor memory_;
  std::unique_ptr<scan_input> input_;
  std::unique_ptr<page_list<live_block>> large_;
  std::vector<std::string> registered_roots_;
  std::vector<std::string> threads_;
  live_table::totals totals_;
  std::chrono::nanoseconds pause_{};
};

/// What the child takes for so many blocks of a typical size, beside the pages that the service
/// writes to meanwhile.
byte_count snapshot_memory(live_table::totals const& totals) noexcept;

/// A capture of tcmalloc's samples, with an id for every stack. \thread worker
model::raw_heap sampled_heap(tracker& of);

}  // namespace loopscope::heap
