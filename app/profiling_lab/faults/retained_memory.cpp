#include <profiling_lab/faults/retained_memory.hpp>

#include <memory>
#include <utility>

namespace lab {

namespace {

constexpr std::size_t page = 4096;

}  // namespace

void retained_memory::retain(loopscope::byte_count size) {
  // Not make_unique: it would fill every byte, where one a page is enough.
  buffer fresh{std::make_unique_for_overwrite<std::byte[]>(size.value), size};
  auto const touch = [&](std::size_t at) {
    *const_cast<std::byte volatile*>(&fresh.data[at]) = std::byte{1};
  };
  for (std::size_t at = 0; at < size.value; at += page) touch(at);
  if (size.value > 0) touch(size.value - 1);  // where the buffer does not begin with a page
  buffers_.push_back(std::move(fresh));
  bytes_ += size.value;
  ++count_;
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the vector has the buffer

std::vector<retained_memory::buffer> retained_memory::take_all() {
  bytes_ = 0;
  count_ = 0;
  return std::exchange(buffers_, std::vector<buffer>{});
}

}  // namespace lab
