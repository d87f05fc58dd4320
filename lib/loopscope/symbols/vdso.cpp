#include <loopscope/base/read_file.hpp>
#include <loopscope/symbols/vdso_impl.hpp>

#include <algorithm>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace loopscope::symbols {

namespace {

model::mapping own_vdso() {
  auto const maps = model::parse_maps(read_file_or_nothing("/proc/self/maps"));
  if (!maps) return {};
  auto const is_vdso = [](model::mapping const& m) { return m.path == "[vdso]"; };
  auto const found = std::find_if(maps->begin(), maps->end(), is_vdso);
  return found == maps->end() ? model::mapping{} : *found;
}

}  // namespace

file_descriptor copy_vdso(model::mapping const& like) {
  auto const own = own_vdso();
  auto const size = own.end - own.start;
  if (size != like.end - like.start) return {};
  file_descriptor copy{memfd_create("vdso", MFD_CLOEXEC)};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel has addresses as numbers
  auto const* const image = reinterpret_cast<char const*>(own.start);
  if (!copy || write(copy.get(), image, size) != static_cast<ssize_t>(size)) return {};
  return copy;
}

}  // namespace loopscope::symbols
