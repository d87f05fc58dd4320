#include <loopscope/unwind/loaded_objects_impl.hpp>

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>
#include <link.h>
#include <span>
#include <utility>

namespace loopscope::unwind {

namespace {

struct search {
  unwind_map const* previous = nullptr;
  loaded_objects result;
  std::exception_ptr error;
};

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

// .eh_frame_hdr: version, three encodings, a pointer to .eh_frame, a count and a sorted table. ld,
// gold and lld all write the pointer in the same way.
void read_header(dl_phdr_info const& info, found_object& into) {
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

bool same(mapped_object const& a, mapped_object const& b) {
  return a.base == b.base && a.text == b.text && a.header == b.header &&
         a.header_hash == b.header_hash && a.name == b.name;
}

void add_object(dl_phdr_info const& info, search& into) {
  found_object result;
  auto& object = result.object;
  object.base = info.dlpi_addr;
  object.name = info.dlpi_name ? info.dlpi_name : "";
  if (!read_segments(info, object)) return;
  read_header(info, result);
  if (into.previous) {
    for (auto const& known : into.previous->objects())
      if (same(known, object)) object.table = known.table;
  }
  if (!object.table && result.section != 0) {
    auto const bytes = up_to_terminator(mapped_from(info, result.section));
    result.bytes.assign(bytes.begin(), bytes.end());
  }
  into.result.found.push_back(std::move(result));
}

int on_object(dl_phdr_info* info, std::size_t, void* out) {
  auto& into = *static_cast<search*>(out);
  into.result.at = {info->dlpi_adds, info->dlpi_subs};
  try {  // an exception must not cross the C library
    add_object(*info, into);
  } catch (...) {
    into.error = std::current_exception();
    return 1;
  }
  return 0;
}

}  // namespace

loaded_objects find_loaded_objects(unwind_map const* previous) {
  search into{previous, {}, {}};
  dl_iterate_phdr(on_object, &into);
  if (into.error) std::rethrow_exception(into.error);
  return std::move(into.result);
}

}  // namespace loopscope::unwind
