#pragma once

#include <cstddef>
#include <sys/mman.h>

namespace loopscope::heap {

// Where the heap is looked at, it must neither be used nor held.

/// Zeroed pages straight from the kernel. \return null if there are none.
inline void* map_pages(std::size_t bytes) noexcept {
  auto* const pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

inline void unmap_pages(void* pages, std::size_t bytes) noexcept {
  if (pages) munmap(pages, bytes);
}

/// A list of up to `capacity` elements in such pages: addresses in it hold no block.
template <class T>
class page_list {
 public:
  explicit page_list(std::size_t capacity) noexcept
      : begin_{static_cast<T*>(map_pages(capacity * sizeof(T)))},
        capacity_{begin_ ? capacity : 0} {}
  ~page_list() { unmap_pages(begin_, capacity_ * sizeof(T)); }
  page_list(page_list const&) = delete;
  page_list& operator=(page_list const&) = delete;

  /// One that finds no room is left out.
  void push_back(T const& value) noexcept {
    if (size_ < capacity_) begin_[size_++] = value;
  }

  [[nodiscard]] T* begin() const noexcept { return begin_; }
  [[nodiscard]] T* end() const noexcept { return begin_ + size_; }

 private:
  T* begin_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace loopscope::heap
