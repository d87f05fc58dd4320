#include <loopscope/base/build_id.hpp>
#include <loopscope/base/hex.hpp>

#include <cstdint>
#include <cstring>
#include <elf.h>
#include <link.h>
#include <sys/uio.h>
#include <unistd.h>
#include <vector>

namespace loopscope {

namespace {

constexpr std::size_t note_padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

// Neither comes near it in a real image; what is no image must not exhaust the memory.
constexpr std::size_t max_segments = 1024;
constexpr std::size_t max_note_bytes = std::size_t{64} * 1024;

// Bytes of this process. A library may be unloaded at any time: the system call then fails where
// reading would be a fault.
bool copy_memory(std::uint64_t from, void* into, std::size_t size) {
  iovec const to{into, size};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel has addresses as numbers
  iovec const source{reinterpret_cast<void*>(from), size};
  return process_vm_readv(getpid(), &to, 1, &source, 1, 0) == static_cast<ssize_t>(size);
}

// Of the image's headers; none if it is none.
std::vector<ElfW(Phdr)> segments_of(std::uint64_t image) {
  ElfW(Ehdr) header{};
  auto const is_image = copy_memory(image, &header, sizeof header) &&
                        std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                        header.e_phentsize == sizeof(ElfW(Phdr)) && header.e_phnum <= max_segments;
  std::vector<ElfW(Phdr)> segments(is_image ? header.e_phnum : 0);
  auto const size = segments.size() * sizeof(ElfW(Phdr));
  if (!copy_memory(image + header.e_phoff, segments.data(), size)) segments.clear();
  return segments;
}

std::string build_id_in_memory(std::uint64_t address, std::size_t size) {
  if (size > max_note_bytes) return {};
  std::vector<std::uint8_t> notes(size);
  return copy_memory(address, notes.data(), size) ? build_id_in_notes(notes) : std::string{};
}

// The first object that dl_iterate_phdr reports is the executable itself.
int read_first_object(dl_phdr_info* object, std::size_t, void* out) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    auto const& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader has addresses as numbers
    auto const* notes = reinterpret_cast<std::uint8_t const*>(object->dlpi_addr + segment.p_vaddr);
    auto id = build_id_in_notes({notes, segment.p_memsz});
    if (id.empty()) continue;
    *static_cast<std::string*>(out) = std::move(id);
    break;
  }
  return 1;
}

}  // namespace

std::string build_id_in_notes(std::span<std::uint8_t const> notes) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) header{};
    std::memcpy(&header, notes.data(), sizeof header);
    auto const name = sizeof header;
    auto const description = name + note_padded(header.n_namesz);
    auto const next = description + note_padded(header.n_descsz);
    if (next > notes.size()) break;
    auto const is_gnu = header.n_namesz == 4 && std::memcmp(notes.data() + name, "GNU", 4) == 0;
    if (is_gnu && header.n_type == NT_GNU_BUILD_ID)
      return to_hex(notes.data() + description, header.n_descsz);
    notes = notes.subspan(next);
  }
  return {};
}

std::optional<std::string> mapped_build_id(std::uint64_t image) {
  auto const segments = segments_of(image);
  if (segments.empty()) return std::nullopt;
  std::uint64_t first_address = 0;  // of the image, as the linker gave it
  for (auto const& segment : segments)
    if (segment.p_type == PT_LOAD && segment.p_offset == 0) first_address = segment.p_vaddr;
  for (auto const& segment : segments) {
    if (segment.p_type != PT_NOTE) continue;
    auto id = build_id_in_memory(image - first_address + segment.p_vaddr, segment.p_memsz);
    if (!id.empty()) return id;
  }
  return std::string{};
}

std::string const& executable_build_id() {
  static auto const id = [] {
    std::string text;
    dl_iterate_phdr(read_first_object, &text);
    return text;
  }();
  return id;
}

}  // namespace loopscope
