#pragma once

#include <loopscope/base/byte_count.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace lab {

/// Memory that is kept for no reason: the lab's leak. \thread loop
class retained_memory {
 public:
  struct buffer {
    std::unique_ptr<std::byte[]> data;
    loopscope::byte_count size;
  };

  /// Allocates `size` bytes, writes to every page, so that they become resident, and keeps them.
  /// Blocks as long as that takes, about 0.3 s for 1 GiB.
  /// \throws bad_alloc if the address space is exhausted.
  void retain(loopscope::byte_count size);

  /// Forgets the buffers and hands them over, to be freed where that may take time.
  std::vector<buffer> take_all();

  [[nodiscard]] std::size_t count() const noexcept { return buffers_.size(); }
  [[nodiscard]] loopscope::byte_count size() const noexcept { return size_; }

 private:
  std::vector<buffer> buffers_;
  loopscope::byte_count size_;
};

}  // namespace lab
