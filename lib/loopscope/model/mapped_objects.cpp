#include <loopscope/base/build_id.hpp>
#include <loopscope/model/mapped_objects.hpp>

#include <tuple>
#include <utility>

namespace loopscope::model {

namespace {

bool is_same_file(mapping const& a, mapping const& b) {
  return std::tie(a.path, a.device, a.inode) == std::tie(b.path, b.device, b.inode);
}

}  // namespace

std::vector<mapped_object> mapped_objects(std::span<mapping const> maps) {
  std::vector<mapped_object> objects;
  mapping const* beginning = nullptr;  // of a file: there its headers are
  for (auto const& each : maps) {
    if (each.path.empty()) continue;
    if (each.offset == 0) beginning = &each;
    if (!each.executable || !beginning || !is_same_file(each, *beginning)) continue;
    if (auto id = mapped_build_id(beginning->start))
      objects.push_back({each.start, std::move(*id)});
  }
  return objects;
}

}  // namespace loopscope::model
