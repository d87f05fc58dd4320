#include <loopscope/base/cgroup.hpp>

#include <fstream>
#include <string>

namespace loopscope {

namespace {

namespace fs = std::filesystem;

void add_from_mount(fs::path const& mount, std::string_view path, int version,
                    std::vector<cgroup>& to) {
  auto group = mount;
  to.push_back({version, group});
  for (auto const& part : fs::path{path}.relative_path()) to.push_back({version, group /= part});
}

// `cpu,cpuacct` names two controllers.
bool names(std::string_view list, std::string_view controller) {
  while (!list.empty()) {
    auto const comma = list.find(',');
    if (list.substr(0, comma) == controller) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

}  // namespace

// A row is `0::/path` for version 2 and `7:memory:/path` for version 1.
std::vector<cgroup> cgroups_of_process(std::string_view controller, fs::path const& root) {
  std::vector<cgroup> found;
  std::ifstream rows{root / "proc/self/cgroup"};
  for (std::string row; std::getline(rows, row);) {
    auto const first = row.find(':');
    auto const second = row.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    auto const controllers = row.substr(first + 1, second - first - 1);
    auto const path = std::string_view{row}.substr(second + 1);
    auto const mount = root / "sys/fs/cgroup";
    if (controllers.empty()) add_from_mount(mount, path, 2, found);
    if (names(controllers, controller)) add_from_mount(mount / controller, path, 1, found);
  }
  return found;
}

}  // namespace loopscope
