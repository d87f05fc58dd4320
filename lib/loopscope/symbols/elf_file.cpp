#include <loopscope/base/build_id.hpp>
#include <loopscope/symbols/elf_file_impl.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace loopscope::symbols {

namespace {

// No note or unwind table of a real file comes near it; a forged size must not exhaust the memory.
constexpr std::uint64_t max_segment_bytes = std::uint64_t{64} << 20;

// The header of .eh_frame_hdr as every linker writes it: relative to the program counter, counted
// in 32 bits, and a sorted table of 32-bit offsets from the header.
// Source:
// https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/ehframechpt.html
struct unwind_header {
  std::array<std::uint8_t, 4> encodings;
  std::int32_t frames;
  std::uint32_t count;
};
struct unwind_row {
  std::int32_t function;
  std::int32_t frame;
};
constexpr std::array<std::uint8_t, 4> known_encodings{1, 0x1b, 0x03, 0x3b};

bool is_regular(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

bool is_supported(Elf64_Ehdr const& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
         header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_ident[EI_DATA] == ELFDATA2LSB &&
         header.e_phentsize == sizeof(Elf64_Phdr);
}

}  // namespace

result<elf_file> elf_file::open(std::string const& path) {
  // Non-blocking: a path out of a forged capture may name a FIFO.
  elf_file opened{file_descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)}};
  if (!opened.file_) return errc::not_found;
  if (!is_regular(opened.file_.get()) || !opened.read_segments()) return errc::unsupported;
  opened.read_function_starts();
  return opened;
}

bool elf_file::read_segments() {
  Elf64_Ehdr header{};
  if (!read(0, &header, sizeof header) || !is_supported(header)) return false;
  segments_.resize(header.e_phnum);
  return read(header.e_phoff, segments_.data(), segments_.size() * sizeof(Elf64_Phdr));
}

void elf_file::read_function_starts() {
  for (auto const& segment : segments_) {
    unwind_header header{};
    if (segment.p_type != PT_GNU_EH_FRAME || segment.p_filesz > max_segment_bytes) continue;
    if (!read(segment.p_offset, &header, sizeof header)) continue;
    auto const fits = header.count <= segment.p_filesz / sizeof(unwind_row);
    if (!fits || header.encodings != known_encodings) continue;
    std::vector<unwind_row> rows(header.count);
    if (!read(segment.p_offset + sizeof header, rows.data(), rows.size() * sizeof(unwind_row)))
      continue;
    for (auto const& row : rows)
      function_starts_.push_back(segment.p_vaddr + static_cast<std::uint64_t>(row.function));
  }
  std::sort(function_starts_.begin(), function_starts_.end());
}

bool elf_file::has(std::uint64_t offset, std::uint64_t size) const {
  struct stat info {};
  if (fstat(file_.get(), &info) != 0) return false;
  auto const length = static_cast<std::uint64_t>(info.st_size);
  return offset <= length && size <= length - offset;
}

bool elf_file::read(std::uint64_t offset, void* into, std::size_t size) const {
  auto const got = pread(file_.get(), into, size, static_cast<off_t>(offset));
  return got >= 0 && static_cast<std::size_t>(got) == size;
}

std::string elf_file::build_id() const {
  for (auto const& segment : segments_) {
    if (segment.p_type != PT_NOTE || segment.p_filesz > max_segment_bytes) continue;
    std::vector<std::uint8_t> notes(segment.p_filesz);
    if (!read(segment.p_offset, notes.data(), notes.size())) continue;
    if (auto id = build_id_in_notes(notes); !id.empty()) return id;
  }
  return {};
}

std::uint64_t elf_file::inode() const {
  struct stat info {};
  return fstat(file_.get(), &info) == 0 ? info.st_ino : 0;
}

std::string elf_file::lasting_path() const {
  return "/proc/self/fd/" + std::to_string(file_.get());
}

std::optional<std::uint64_t> elf_file::code_address(std::uint64_t offset) const {
  for (auto const& segment : segments_) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) continue;
    if (offset >= segment.p_offset && offset - segment.p_offset < segment.p_filesz)
      return offset - segment.p_offset + segment.p_vaddr;
  }
  return std::nullopt;
}

std::uint64_t elf_file::function_start(std::uint64_t address) const {
  auto const next = std::upper_bound(function_starts_.begin(), function_starts_.end(), address);
  return next == function_starts_.begin() ? address : *std::prev(next);
}

}  // namespace loopscope::symbols
