#include <loopscope/unwind/eh_frame.hpp>
#include <loopscope/unwind/loaded_objects_impl.hpp>
#include <loopscope/unwind/unwind_map.hpp>

#include <algorithm>
#include <link.h>
#include <utility>

namespace loopscope::unwind {

std::unique_ptr<unwind_map const> unwind_map::make(unwind_map const* previous) {
  auto loaded = find_loaded_objects(previous);
  std::unique_ptr<unwind_map> map{new unwind_map};
  map->made_at_ = loaded.at;
  map->objects_.reserve(loaded.found.size());
  for (auto& [object, section, bytes] : loaded.found) {
    if (!object.table) {
      object.table =
          std::make_shared<unwind_table const>(parse_eh_frame(bytes, section, object.text));
      bytes = {};  // some hundred kilobytes
    }
    map->objects_.push_back(std::move(object));
  }
  std::sort(map->objects_.begin(), map->objects_.end(),
            [](auto const& a, auto const& b) { return a.text.begin < b.text.begin; });
  return map;
}

unwind_map::generation unwind_map::current_generation() {
  generation now;
  auto const on_first = [](dl_phdr_info* info, std::size_t, void* out) {
    *static_cast<generation*>(out) = {info->dlpi_adds, info->dlpi_subs};
    return 1;
  };
  dl_iterate_phdr(on_first, &now);
  return now;
}

unwind_map::~unwind_map() {
#ifdef LOOPSCOPE_UNWIND_POISON  // for tests: a use after free crashes
  for (auto& object : objects_) {
    if (object.table.use_count() == 1)
      std::const_pointer_cast<unwind_table>(object.table)->poison();
    object.text = {0xdddddddddddddddd, 0xdddddddddddddddd};
  }
#endif
}

std::size_t unwind_map::memory() const noexcept {
  auto total = objects_.capacity() * sizeof(mapped_object);
  for (auto const& object : objects_) total += object.table->memory();
  return total;
}

}  // namespace loopscope::unwind
