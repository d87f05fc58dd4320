#include <profiling_lab/faults/retained_memory.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace lab {

namespace {

constexpr std::size_t page = 4096;
// tcmalloc reports an allocation of 1 GiB on stderr, where only JSON lines belong.
constexpr auto largest_piece = loopscope::mebibytes(512);

// Pieces without data where the allocator had no more.
retained_memory::buffer allocate(loopscope::byte_count size) {
  retained_memory::buffer pieces;
  for (auto left = size; left > loopscope::bytes(0); left -= pieces.back().size) {
    auto const next = std::min(left, largest_piece);
    // Not make_unique: it would fill every byte, where one a page is enough, and it throws.
    pieces.push_back(
        {std::unique_ptr<std::byte[]>{new (std::nothrow) std::byte[next.value]}, next});
    if (!pieces.back().data) break;
  }
  return pieces;
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the vector has the pieces

void touch(retained_memory::piece const& piece) {
  auto const write = [&](std::size_t at) {
    *const_cast<std::byte volatile*>(&piece.data[at]) = std::byte{1};
  };
  for (std::size_t at = 0; at < piece.size.value; at += page) write(at);
  write(piece.size.value - 1);  // where the piece does not begin with a page
}

}  // namespace

bool retained_memory::retain(loopscope::byte_count size) {
  auto fresh = allocate(size);
  if (!fresh.empty() && !fresh.back().data) return false;
  std::for_each(fresh.begin(), fresh.end(), touch);
  buffers_.push_back(std::move(fresh));
  bytes_ += size.value;
  ++count_;
  return true;
}

std::vector<retained_memory::buffer> retained_memory::take_all() {
  bytes_ = 0;
  count_ = 0;
  return std::exchange(buffers_, std::vector<buffer>{});
}

}  // namespace lab
