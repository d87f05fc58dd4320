#include <loopscope/unwind/stack_bounds.hpp>

#include <cstddef>
#include <link.h>
#include <pthread.h>
#include <system_error>

namespace loopscope::unwind {

namespace {

// The first object that is reported is the executable itself.
int read_text_of_first_object(dl_phdr_info* object, std::size_t, void* out) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    auto const& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    auto const begin = object->dlpi_addr + segment.p_vaddr;
    *static_cast<address_range*>(out) = {begin, begin + segment.p_memsz};
    break;
  }
  return 1;
}

}  // namespace

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

address_range executable_text() {
  address_range text;
  dl_iterate_phdr(read_text_of_first_object, &text);
  return text;
}

std::uintptr_t outermost_frame(address_range stack, address_range text) {
  std::uintptr_t last = 0;
  auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  while (stack.holds(frame) && stack.holds(frame + 2 * sizeof(std::uintptr_t) - 1)) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the stack that is walked
    auto const* const words = reinterpret_cast<std::uintptr_t const*>(frame);
    last = frame;
    if (!text.holds(words[1]) || words[0] <= frame) break;
    frame = words[0];
  }
  return last;
}

}  // namespace loopscope::unwind
