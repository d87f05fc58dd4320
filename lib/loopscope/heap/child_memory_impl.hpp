#pragma once

#include <loopscope/base/capture_formats.hpp>
#include <loopscope/base/result.hpp>
#include <loopscope/heap/pages_impl.hpp>
#include <loopscope/heap/snapshot.hpp>
#include <loopscope/model/raw_heap.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <unistd.h>

namespace loopscope::heap {

// Of a forked child, which has no heap.

/// An array of `count` zeroed elements; the child ends if there is no memory.
template <class T>
std::span<T> child_array(std::size_t count) noexcept {
  auto* const pages = map_pages(count == 0 ? 1 : count * sizeof(T));
  if (!pages) _exit(scan_without_memory);
  return {static_cast<T*>(pages), count};
}

/// Writes records as sections of bounded size; the child ends if that fails.
class section_output {
 public:
  section_output(int fd, model::heap_tag tag) noexcept
      : fd_{fd}, tag_{tag}, bytes_{child_array<std::byte>(capacity)} {}
  ~section_output() {
    flush();
    unmap_pages(bytes_.data(), bytes_.size());
  }
  section_output(section_output const&) = delete;
  section_output& operator=(section_output const&) = delete;

  template <class Record>
  void add(Record const& record) noexcept {
    begin_record(sizeof record);
    add(&record, sizeof record);
  }

  /// What is added next, up to this size, lies in one section.
  void begin_record(std::size_t size) noexcept {
    if (used_ + size > capacity) flush();
  }
  void add(void const* from, std::size_t size) noexcept {
    std::memcpy(bytes_.data() + used_, from, size);
    used_ += size;
  }

  /// The section that ends here may be followed by others of the same tag.
  void flush() noexcept {
    if (used_ == 0) return;
    struct {
      std::uint32_t tag;
      std::uint32_t reserved;
      std::uint64_t size;
    } const head{static_cast<std::uint32_t>(tag_), 0, used_};
    write_all(&head, sizeof head);
    write_all(bytes_.data(), used_);
    used_ = 0;
  }

  /// No record is larger.
  static constexpr std::size_t capacity = std::size_t{240} * 1024;

 private:
  void write_all(void const* from, std::size_t size) const noexcept {
    auto const* at = static_cast<std::byte const*>(from);
    while (size > 0) {
      auto const written = write(fd_, at, size);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) _exit(means_no_space(errno) ? tool_exit::no_space : tool_exit::failed);
      at += written;
      size -= static_cast<std::size_t>(written);
    }
  }

  int fd_;
  model::heap_tag tag_;
  std::span<std::byte> bytes_;
  std::size_t used_ = 0;
};

}  // namespace loopscope::heap
