#include <loopscope/heap/tracker.hpp>

#include <gperftools/tcmalloc.h>

#include <cstddef>
#include <new>

// Every form of operator new and delete for the whole program: tcmalloc's, and a record of what is
// live while that is asked for. Compiled with frame pointers.
//
// A block is recorded once it is allocated, and forgotten before it is freed: its address may be
// another thread's right after.

namespace {

using loopscope::heap::process_tracker;
using loopscope::heap::record_allocation;
using loopscope::heap::record_free;

[[maybe_unused]] bool const is_linked = [] {
  process_tracker.has_hooks = true;
  return true;
}();

bool is_tracking() noexcept {
  return process_tracker.is_exact.load(std::memory_order_relaxed);
}

}  // namespace

// The operators' own frames are where the walk of the stack begins.
#define LOOPSCOPE_RECORDED(allocation, size)                             \
  if (!is_tracking()) [[likely]]                                         \
    return allocation;                                                   \
  void* const block = allocation;                                        \
  if (block) record_allocation(block, size, __builtin_frame_address(0)); \
  return block

#define LOOPSCOPE_FORGOTTEN(block, deallocation) \
  if (is_tracking() && block) [[unlikely]]       \
    record_free(block);                          \
  deallocation

void* operator new(std::size_t size) {
  LOOPSCOPE_RECORDED(tc_new(size), size);
}
void* operator new[](std::size_t size) {
  LOOPSCOPE_RECORDED(tc_newarray(size), size);
}
void* operator new(std::size_t size, std::nothrow_t const& tag) noexcept {
  LOOPSCOPE_RECORDED(tc_new_nothrow(size, tag), size);
}
void* operator new[](std::size_t size, std::nothrow_t const& tag) noexcept {
  LOOPSCOPE_RECORDED(tc_newarray_nothrow(size, tag), size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  LOOPSCOPE_RECORDED(tc_new_aligned(size, alignment), size);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  LOOPSCOPE_RECORDED(tc_newarray_aligned(size, alignment), size);
}
void* operator new(std::size_t size, std::align_val_t alignment,
                   std::nothrow_t const& tag) noexcept {
  LOOPSCOPE_RECORDED(tc_new_aligned_nothrow(size, alignment, tag), size);
}
void* operator new[](std::size_t size, std::align_val_t alignment,
                     std::nothrow_t const& tag) noexcept {
  LOOPSCOPE_RECORDED(tc_newarray_aligned_nothrow(size, alignment, tag), size);
}

void operator delete(void* block) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_delete(block));
}
void operator delete[](void* block) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_deletearray(block));
}
void operator delete(void* block, std::size_t size) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_delete_sized(block, size));
}
void operator delete[](void* block, std::size_t size) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_deletearray_sized(block, size));
}
void operator delete(void* block, std::nothrow_t const& tag) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_delete_nothrow(block, tag));
}
void operator delete[](void* block, std::nothrow_t const& tag) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_deletearray_nothrow(block, tag));
}
void operator delete(void* block, std::align_val_t alignment) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_delete_aligned(block, alignment));
}
void operator delete[](void* block, std::align_val_t alignment) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_deletearray_aligned(block, alignment));
}
void operator delete(void* block, std::size_t size, std::align_val_t alignment) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_delete_sized_aligned(block, size, alignment));
}
void operator delete[](void* block, std::size_t size, std::align_val_t alignment) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_deletearray_sized_aligned(block, size, alignment));
}
void operator delete(void* block, std::align_val_t alignment, std::nothrow_t const& tag) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_delete_aligned_nothrow(block, alignment, tag));
}
void operator delete[](void* block, std::align_val_t alignment,
                       std::nothrow_t const& tag) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_deletearray_aligned_nothrow(block, alignment, tag));
}

// Asio takes coroutine frames by std::aligned_alloc and frees them by std::free. What malloc gives
// is not recorded, and free and realloc have to know which of both a block is.

extern "C" {

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  LOOPSCOPE_RECORDED(tc_memalign(alignment, size), size);
}

void free(void* block) noexcept {
  LOOPSCOPE_FORGOTTEN(block, tc_free(block));
}

// What was recorded is a block of malloc's from now on, at whatever address.
void* realloc(void* block, std::size_t size) noexcept {
  LOOPSCOPE_FORGOTTEN(block, return tc_realloc(block, size));
}
}
