#include <loopscope/heap/allocator.hpp>

#ifdef LOOPSCOPE_WITH_GPERFTOOLS
#include <gperftools/malloc_extension.h>
#else
#include <malloc.h>
#endif

namespace loopscope::heap {

#ifdef LOOPSCOPE_WITH_GPERFTOOLS

namespace {

byte_count property(char const* name) {
  std::size_t value = 0;
  MallocExtension::instance()->GetNumericProperty(name, &value);
  return {value};
}

}  // namespace

std::optional<allocator_stats> read_allocator_stats() {
  return allocator_stats{
      .allocated = property("generic.current_allocated_bytes"),
      .heap = property("generic.heap_size"),
      .page_heap_free = property("tcmalloc.pageheap_free_bytes"),
      .page_heap_unmapped = property("tcmalloc.pageheap_unmapped_bytes"),
      .thread_cache = property("tcmalloc.current_total_thread_cache_bytes"),
      .central_cache = property("tcmalloc.central_cache_free_bytes"),
  };
}

void release_free_memory() {
  MallocExtension::instance()->ReleaseFreeMemory();
}

#else

std::optional<allocator_stats> read_allocator_stats() {
  return std::nullopt;
}

void release_free_memory() {
  malloc_trim(0);
}

#endif

}  // namespace loopscope::heap
