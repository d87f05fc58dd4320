#include <loopscope/base/duration.hpp>
#include <loopscope/heap/headroom.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace loopscope::heap {

namespace {

namespace fs = std::filesystem;

constexpr byte_count unlimited{std::numeric_limits<std::uint64_t>::max()};

std::string contents(fs::path const& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

// The number at the beginning of `text`, which may start with spaces; none for `max`.
std::optional<std::uint64_t> number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  auto const value = parse_integer<std::uint64_t>(
      text.substr(0, std::min(text.find_first_not_of("0123456789"), text.size())));
  return value ? std::optional{*value} : std::nullopt;
}

// The number that follows `key` at the beginning of a line.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1))
    if (at == 0 || text[at - 1] == '\n') return number(text.substr(at + key.size()));
  return std::nullopt;
}

byte_count machine_headroom(fs::path const& root) {
  auto const kib = number_after(contents(root / "proc/meminfo"), "MemAvailable:");
  return kib ? kibibytes(*kib) : unlimited;
}

// The names of one version of the interface.
struct controller {
  char const* mount;
  char const* limit;
  char const* usage;
  char const* reclaimable;
};
constexpr controller version_2{"sys/fs/cgroup", "memory.max", "memory.current", "inactive_file "};
constexpr controller version_1{"sys/fs/cgroup/memory", "memory.limit_in_bytes",
                               "memory.usage_in_bytes", "total_inactive_file "};

byte_count group_headroom(fs::path const& group, controller const& names) {
  auto const limit = number(contents(group / names.limit));
  auto const used = number(contents(group / names.usage));
  if (!limit || !used) return unlimited;
  auto const cache = number_after(contents(group / "memory.stat"), names.reclaimable);
  auto const needed = *used - std::min(*used, cache.value_or(0));
  return {*limit - std::min(*limit, needed)};
}

// The group of the process and all above it: the tightest counts.
byte_count tightest(fs::path const& root, std::string_view path, controller const& names) {
  auto const mount = root / names.mount;
  auto least = group_headroom(mount, names);
  auto group = mount;
  for (auto const& part : fs::path{path}.relative_path()) {
    group /= part;
    least = std::min(least, group_headroom(group, names));
  }
  return least;
}

// A row is `0::/path` for version 2 and `7:memory:/path` for version 1.
byte_count cgroup_headroom(fs::path const& root) {
  auto least = unlimited;
  std::ifstream rows{root / "proc/self/cgroup"};
  for (std::string row; std::getline(rows, row);) {
    auto const first = row.find(':');
    auto const second = row.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    auto const controllers = row.substr(first + 1, second - first - 1);
    auto const path = std::string_view{row}.substr(second + 1);
    if (controllers.empty()) least = std::min(least, tightest(root, path, version_2));
    if (controllers == "memory") least = std::min(least, tightest(root, path, version_1));
  }
  return least;
}

}  // namespace

byte_count memory_headroom(fs::path const& root) {
  return std::min(machine_headroom(root), cgroup_headroom(root));
}

}  // namespace loopscope::heap
