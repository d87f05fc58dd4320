#include <loopscope/unwind/loaded_objects_impl.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <link.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loopscope::unwind {

namespace {

std::uint64_t hash_of(std::span<std::byte const> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (; bytes.size() >= sizeof hash; bytes = bytes.subspan(sizeof hash)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  }
  return hash;
}

template <class T>
T value_at(std::span<std::byte const> bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, &bytes[offset], sizeof value);
  return value;
}

std::span<ElfW(Phdr) const> segments_of(dl_phdr_info const& info) {
  return {info.dlpi_phdr, info.dlpi_phnum};
}

// What is mapped and readable of the object, from the address to the end of its segment's part of
// the file.
std::span<std::byte const> mapped_from(dl_phdr_info const& info, std::uintptr_t address) {
  for (auto const& segment : segments_of(info)) {
    auto const begin = info.dlpi_addr + segment.p_vaddr;
    address_range const held{begin, begin + segment.p_filesz};
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_R) == 0 || !held.holds(address))
      continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): program headers hold addresses
    return {reinterpret_cast<std::byte const*>(address), held.end - address};
  }
  return {};
}

// The section up to and with its terminator, or up to what is not an entry.
std::span<std::byte const> up_to_terminator(std::span<std::byte const> bytes) {
  constexpr std::uint32_t extended_length = 0xffffffff;
  std::size_t at = 0;
  while (bytes.size() - at >= 4) {
    auto const size = value_at<std::uint32_t>(bytes, at);
    if (size == 0) return bytes.first(at + 4);
    std::uint64_t step = 4 + std::uint64_t{size};
    if (size == extended_length) {
      if (bytes.size() - at < 12) break;
      step = value_at<std::uint64_t>(bytes, at + 4);
      if (step > bytes.size()) break;
      step += 12;
    }
    if (step > bytes.size() - at) break;
    at += step;
  }
  return bytes.first(at);
}

// \return  false if it has no code.
bool read_segments(dl_phdr_info const& info, mapped_object& into) {
  for (auto const& segment : segments_of(info)) {
    auto const begin = info.dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0) {
      if (into.text.end == 0) into.text.begin = begin;
      into.text.end = begin + segment.p_memsz;
    }
    if (segment.p_type == PT_GNU_EH_FRAME) into.header = begin;
  }
  return into.text.end != 0 && into.text.size() <= std::numeric_limits<std::uint32_t>::max();
}

// An object as it is loaded. Its texts and bytes are the linker's, as long as it holds its lock.
struct seen_object {
  mapped_object object;  // without its name
  std::string_view name;
  std::uintptr_t section = 0;
  std::span<std::byte const> frames;  // empty if its table is known
};

// .eh_frame_hdr: version, three encodings, a pointer to .eh_frame, a count and a sorted table. ld,
// gold and lld all write the pointer in the same way.
void read_header(dl_phdr_info const& info, seen_object& into) {
  constexpr std::size_t table_at = 12;
  constexpr std::size_t table_entry = 8;
  constexpr std::uint8_t pcrel_sdata4 = 0x1b;
  if (into.object.header == 0) return;
  auto const header = mapped_from(info, into.object.header);
  if (header.size() < table_at || value_at<std::uint8_t>(header, 0) != 1 ||
      value_at<std::uint8_t>(header, 1) != pcrel_sdata4)
    return;
  auto const relative = std::intptr_t{value_at<std::int32_t>(header, 4)};
  auto const table = value_at<std::uint32_t>(header, 8) * table_entry;
  into.section = into.object.header + 4 + static_cast<std::uintptr_t>(relative);
  into.object.header_hash = hash_of(header.first(std::min(header.size(), table_at + table)));
}

bool is_same(mapped_object const& known, seen_object const& now) {
  return known.base == now.object.base && known.text == now.object.text &&
         known.header == now.object.header && known.header_hash == now.object.header_hash &&
         known.name == now.name;
}

// \return  false if it has no code.
bool look_at(dl_phdr_info const& info, unwind_map const* previous, seen_object& into) {
  into.object.base = info.dlpi_addr;
  into.name = info.dlpi_name ? info.dlpi_name : "";
  if (!read_segments(info, into.object)) return false;
  read_header(info, into);
  if (previous) {
    for (auto const& known : previous->objects())
      if (is_same(known, into)) into.object.table = known.table;
  }
  if (!into.object.table && into.section != 0)
    into.frames = up_to_terminator(mapped_from(info, into.section));
  return true;
}

// Calls `visit(seen, generation)` for each object with code, until it returns false. Meanwhile the
// linker's lock is held, and nothing may be allocated: in another thread the allocator may hold its
// own lock and wait for the linker's, to walk a stack.
template <class Visit>
void for_each_object(unwind_map const* previous, Visit visit) {
  struct search {
    unwind_map const* previous;
    Visit& visit;
  } into{previous, visit};
  auto const on_object = [](dl_phdr_info* info, std::size_t, void* out) {
    auto& to = *static_cast<search*>(out);
    seen_object seen;
    if (!look_at(*info, to.previous, seen)) return 0;
    return to.visit(seen, unwind_map::generation{info->dlpi_adds, info->dlpi_subs}) ? 0 : 1;
  };
  dl_iterate_phdr(on_object, &into);
}

// What an object needs.
struct room {
  std::size_t name = 0;
  std::size_t frames = 0;
};

std::vector<room> measure(unwind_map const* previous) {
  std::vector<room> rooms(64);
  while (true) {
    std::size_t count = 0;
    for_each_object(previous, [&](seen_object const& seen, unwind_map::generation) {
      if (count < rooms.size()) rooms[count] = {seen.name.size(), seen.frames.size()};
      ++count;
      return true;
    });
    auto const fits = count <= rooms.size();
    rooms.resize(count);
    if (fits) return rooms;
  }
}

// \return  whether it all fits: something may have been loaded since it was measured.
bool fill(unwind_map const* previous, loaded_objects& into) {
  std::size_t used = 0;
  auto fits = true;
  for_each_object(previous, [&](seen_object const& seen, unwind_map::generation at) {
    into.at = at;
    fits = used < into.found.size() &&
           seen.name.size() <= into.found[used].object.name.capacity() &&
           seen.frames.size() <= into.found[used].bytes.capacity();
    if (!fits) return false;
    auto& to = into.found[used++];
    auto name = std::move(to.object.name);  // with its capacity
    name.assign(seen.name);
    to.object = seen.object;
    to.object.name = std::move(name);
    to.section = seen.section;
    to.bytes.assign(seen.frames.begin(), seen.frames.end());
    return true;
  });
  if (fits) into.found.resize(used);
  return fits;
}

}  // namespace

loaded_objects find_loaded_objects(unwind_map const* previous) {
  while (true) {
    auto const rooms = measure(previous);
    loaded_objects result;
    result.found.resize(rooms.size());
    for (std::size_t i = 0; i < rooms.size(); ++i) {
      result.found[i].object.name.reserve(rooms[i].name);
      result.found[i].bytes.reserve(rooms[i].frames);
    }
    if (fill(previous, result)) return result;
  }
}

}  // namespace loopscope::unwind
