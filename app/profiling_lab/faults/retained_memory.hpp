#pragma once

#include <loopscope/base/byte_count.hpp>
#include <loopscope/heap/registered_root.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lab {

/// Memory that is kept for no reason: the lab's leak. \thread loop, but for count() and size()
class retained_memory {
 public:
  struct piece {
    std::unique_ptr<std::byte[]> data;
    loopscope::byte_count size;
  };
  using buffer = std::vector<piece>;

  /// Allocates `size` bytes, writes to every page, so that they become resident, and keeps them.
  /// Blocks as long as that takes, about 0.3 s for 1 GiB.
  /// \return whether the allocator had them; if not, nothing is kept.
  [[nodiscard]] bool retain(loopscope::byte_count size);

  /// Forgets the buffers and hands them over, to be freed where that may take time.
  std::vector<buffer> take_all();

  /// \thread any
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] loopscope::byte_count size() const noexcept { return {bytes_}; }

 private:
  std::vector<buffer> buffers_;
  loopscope::heap::registered_root root_{"LabService.retainedBuffers", buffers_};
  std::atomic<std::size_t> count_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace lab
