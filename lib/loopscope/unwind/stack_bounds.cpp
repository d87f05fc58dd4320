#include <loopscope/unwind/stack_bounds.hpp>

#include <cstddef>
#include <cstdint>
#include <pthread.h>
#include <system_error>

namespace loopscope::unwind {

address_range own_stack() {
  pthread_attr_t attributes;
  if (auto const error = pthread_getattr_np(pthread_self(), &attributes); error != 0)
    throw std::system_error{error, std::generic_category(), "pthread_getattr_np"};
  void* begin = nullptr;
  std::size_t size = 0;
  pthread_attr_getstack(&attributes, &begin, &size);
  pthread_attr_destroy(&attributes);
  auto const address = reinterpret_cast<std::uintptr_t>(begin);
  return {address, address + size};
}

}  // namespace loopscope::unwind
