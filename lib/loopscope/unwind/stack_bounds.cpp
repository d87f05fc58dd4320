#include <loopscope/unwind/stack_bounds.hpp>

#include <cstddef>
#include <cstdint>
#include <pthread.h>

namespace loopscope::unwind {

address_range own_stack() {
  pthread_attr_t attributes;
  // glibc reads the first thread's bounds from /proc/self/maps.
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {};
  void* begin = nullptr;
  std::size_t size = 0;
  pthread_attr_getstack(&attributes, &begin, &size);
  pthread_attr_destroy(&attributes);
  auto const address = reinterpret_cast<std::uintptr_t>(begin);
  return {address, address + size};
}

}  // namespace loopscope::unwind
