#include <loopscope/heap/registered_root.hpp>

#include <cstdint>
#include <mutex>
#include <utility>

namespace loopscope::heap {

namespace {

struct registry {
  std::mutex mutex;
  std::list<registered_root::entry> entries;
};

// Lives until the process ends: roots with static storage may be registered and end at any time.
registry& all_roots() {
  static auto& roots = *new registry;
  return roots;
}

}  // namespace

registered_root::registered_root(std::string name, void const* object, std::size_t size) {
  auto& roots = all_roots();
  auto const begin = reinterpret_cast<std::uintptr_t>(object);
  std::scoped_lock const lock{roots.mutex};
  entry_ = roots.entries.insert(roots.entries.end(), {std::move(name), {begin, begin + size}});
}

registered_root::~registered_root() {
  auto& roots = all_roots();
  std::scoped_lock const lock{roots.mutex};
  roots.entries.erase(entry_);
}

std::vector<registered_root::entry> registered_root::all() {
  auto& roots = all_roots();
  std::scoped_lock const lock{roots.mutex};
  return {roots.entries.begin(), roots.entries.end()};
}

}  // namespace loopscope::heap
