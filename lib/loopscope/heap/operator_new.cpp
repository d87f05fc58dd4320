#include <loopscope/heap/tracker.hpp>

#include <gperftools/tcmalloc.h>

#include <cstddef>
#include <new>

// Every form of operator new and delete for the whole program: tcmalloc's, and a record of what is
// live while that is asked for.
//
// Both ways out of an operator are jumps, so that it costs one load while nothing is recorded, and
// the frame of the function that records is linked to that of the operator's caller.
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

// google-pprof leaves out what is called so at the innermost end of a stack.
namespace TCMalloc {  // NOLINT(readability-identifier-naming)

template <auto Allocate, class... More>
[[gnu::noinline]] void* allocate_and_record(std::size_t size, More... more) {
  void* const block = Allocate(size, more...);
  if (block) record_allocation(block, size, __builtin_frame_address(0));
  return block;
}

}  // namespace TCMalloc

template <auto Allocate, class... More>
[[gnu::always_inline]] inline void* allocate(std::size_t size, More... more) {
  if (!is_tracking()) [[likely]]
    return Allocate(size, more...);
  return TCMalloc::allocate_and_record<Allocate>(size, more...);
}

template <auto Free, class... More>
[[gnu::noinline]] void forget_and_free(void* block, More... more) noexcept {
  if (block) record_free(block);
  Free(block, more...);
}

template <auto Free, class... More>
[[gnu::always_inline]] inline void free_block(void* block, More... more) noexcept {
  if (!is_tracking()) [[likely]]
    return Free(block, more...);
  forget_and_free<Free>(block, more...);
}

void* allocate_aligned(std::size_t size, std::size_t alignment) noexcept {
  return tc_memalign(alignment, size);
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate<tc_new>(size);
}
void* operator new[](std::size_t size) {
  return allocate<tc_newarray>(size);
}
void* operator new(std::size_t size, std::nothrow_t const& tag) noexcept {
  return allocate<tc_new_nothrow>(size, tag);
}
void* operator new[](std::size_t size, std::nothrow_t const& tag) noexcept {
  return allocate<tc_newarray_nothrow>(size, tag);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate<tc_new_aligned>(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate<tc_newarray_aligned>(size, alignment);
}
void* operator new(std::size_t size, std::align_val_t alignment,
                   std::nothrow_t const& tag) noexcept {
  return allocate<tc_new_aligned_nothrow>(size, alignment, tag);
}
void* operator new[](std::size_t size, std::align_val_t alignment,
                     std::nothrow_t const& tag) noexcept {
  return allocate<tc_newarray_aligned_nothrow>(size, alignment, tag);
}

void operator delete(void* block) noexcept {
  free_block<tc_delete>(block);
}
void operator delete[](void* block) noexcept {
  free_block<tc_deletearray>(block);
}
void operator delete(void* block, std::size_t size) noexcept {
  free_block<tc_delete_sized>(block, size);
}
void operator delete[](void* block, std::size_t size) noexcept {
  free_block<tc_deletearray_sized>(block, size);
}
void operator delete(void* block, std::nothrow_t const& tag) noexcept {
  free_block<tc_delete_nothrow>(block, tag);
}
void operator delete[](void* block, std::nothrow_t const& tag) noexcept {
  free_block<tc_deletearray_nothrow>(block, tag);
}
void operator delete(void* block, std::align_val_t alignment) noexcept {
  free_block<tc_delete_aligned>(block, alignment);
}
void operator delete[](void* block, std::align_val_t alignment) noexcept {
  free_block<tc_deletearray_aligned>(block, alignment);
}
void operator delete(void* block, std::size_t size, std::align_val_t alignment) noexcept {
  free_block<tc_delete_sized_aligned>(block, size, alignment);
}
void operator delete[](void* block, std::size_t size, std::align_val_t alignment) noexcept {
  free_block<tc_deletearray_sized_aligned>(block, size, alignment);
}
void operator delete(void* block, std::align_val_t alignment, std::nothrow_t const& tag) noexcept {
  free_block<tc_delete_aligned_nothrow>(block, alignment, tag);
}
void operator delete[](void* block, std::align_val_t alignment,
                       std::nothrow_t const& tag) noexcept {
  free_block<tc_deletearray_aligned_nothrow>(block, alignment, tag);
}

// Asio takes coroutine frames by std::aligned_alloc and frees them by std::free. What malloc gives
// is not recorded, and free and realloc have to know which of both a block is.

extern "C" {

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return allocate<allocate_aligned>(size, alignment);
}

void free(void* block) noexcept {
  free_block<tc_free>(block);
}

// What was recorded is a block of malloc's from now on, at whatever address.
void* realloc(void* block, std::size_t size) noexcept {
  if (is_tracking() && block) [[unlikely]]
    record_free(block);
  return tc_realloc(block, size);
}
}
