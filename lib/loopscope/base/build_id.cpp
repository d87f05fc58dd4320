#include <loopscope/base/build_id.hpp>
#include <loopscope/base/hex.hpp>

#include <cstdint>
#include <cstring>
#include <elf.h>
#include <link.h>

namespace loopscope {

namespace {

constexpr std::size_t note_padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
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

std::string const& executable_build_id() {
  static auto const id = [] {
    std::string text;
    dl_iterate_phdr(read_first_object, &text);
    return text;
  }();
  return id;
}

}  // namespace loopscope
