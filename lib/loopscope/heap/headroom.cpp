#include <loopscope/base/cgroup.hpp>
#include <loopscope/base/parse_integer.hpp>
#include <loopscope/base/read_file.hpp>
#include <loopscope/heap/allocator.hpp>
#include <loopscope/heap/headroom.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace loopscope::heap {

namespace {

namespace fs = std::filesystem;

constexpr byte_count unlimited{std::numeric_limits<std::uint64_t>::max()};

// The number at the beginning of `text`, which may start with blanks; none for `max`.
std::optional<std::uint64_t> number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
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
  auto const kib = number_after(read_file_or_nothing(root / "proc/meminfo"), "MemAvailable:");
  return kib ? kibibytes(*kib) : unlimited;
}

// The names of one version of the interface.
struct file_names {
  char const* limit;
  char const* usage;
  char const* reclaimable;
};
constexpr file_names version_1{"memory.limit_in_bytes", "memory.usage_in_bytes",
                               "total_inactive_file "};
constexpr file_names version_2{"memory.max", "memory.current", "inactive_file "};

byte_count group_headroom(cgroup const& group) {
  auto const& names = group.version == 2 ? version_2 : version_1;
  auto const limit = number(read_file_or_nothing(group.directory / names.limit));
  auto const used = number(read_file_or_nothing(group.directory / names.usage));
  if (!limit || !used) return unlimited;
  auto const stat = read_file_or_nothing(group.directory / "memory.stat");
  auto const cache = number_after(stat, names.reclaimable).value_or(0);
  auto const needed = *used - std::min(*used, cache);
  return {*limit - std::min(*limit, needed)};
}

// A process without a limit has `unlimited` in place of the number.
byte_count limit_headroom(fs::path const& root, char const* limit_name, char const* usage_name,
                          byte_count reusable) {
  auto const limit = number_after(read_file_or_nothing(root / "proc/self/limits"), limit_name);
  auto const used_kib = number_after(read_file_or_nothing(root / "proc/self/status"), usage_name);
  if (!limit || !used_kib) return unlimited;
  auto const used = kibibytes(*used_kib).value;
  auto const needed = used - std::min(used, reusable.value);
  return {*limit - std::min(*limit, needed)};
}

// What tcmalloc once had from the system it keeps mapped, also when it has given the pages back.
byte_count reusable_address_space() {
  auto const stats = read_allocator_stats();
  return stats ? stats->page_heap_free + stats->page_heap_unmapped : bytes(0);
}

}  // namespace

byte_count memory_headroom() {
  return memory_headroom("/", reusable_address_space());
}

byte_count memory_headroom(fs::path const& root, byte_count reusable) {
  auto least = machine_headroom(root);
  least = std::min(least, limit_headroom(root, "Max address space", "VmSize:", reusable));
  least = std::min(least, limit_headroom(root, "Max data size", "VmData:", reusable));
  for (auto const& group : cgroups_of_process("memory", root))
    least = std::min(least, group_headroom(group));
  return least;
}

}  // namespace loopscope::heap
