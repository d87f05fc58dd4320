#include <loopscope/symbols/debug_info_impl.hpp>

#include <backtrace.h>
#include <link.h>
#include <utility>

// libbacktrace is made to look at its own process: it asks dl_iterate_phdr for the objects and
// their places. In our copy of it that call leads here (see private_libbacktrace.cmake), and the
// one object is the file that it was given, at the addresses of its linker. So it serves a file of
// another process, and reads none of ours.
extern "C" int loopscope_dl_iterate_phdr(int (*callback)(dl_phdr_info*, std::size_t, void*),
                                         void* data) {
  dl_phdr_info only{};
  only.dlpi_name = "";  // the executable, for libbacktrace
  return callback(&only, sizeof only, data);
}

namespace loopscope::symbols {

namespace {

// What cannot be read is not there; the look-up comes back without a name.
void ignore_error(void*, char const*, int) noexcept {}

std::string_view text_or_empty(char const* text) {
  return text ? std::string_view{text} : std::string_view{};
}

int add_line(void* lines, std::uintptr_t, char const* file, int line, char const* name) noexcept {
  auto const number = line > 0 ? static_cast<std::uint32_t>(line) : 0;
  if (file)  // else it found no DWARF for this address
    static_cast<std::vector<source_line>*>(lines)->push_back({text_or_empty(name), file, number});
  return 0;
}

void set_symbol(void* into, std::uintptr_t, char const* name, std::uintptr_t start,
                std::uintptr_t size) noexcept {
  if (name) *static_cast<std::optional<symbol>*>(into) = symbol{name, start, size};
}

}  // namespace

debug_info::debug_info(std::string path)
    : path_{std::move(path)},
      state_{backtrace_create_state(path_.c_str(), 0, ignore_error, nullptr)} {}

std::optional<symbol> debug_info::symbol_at(std::uint64_t address) const {
  std::optional<symbol> found;
  backtrace_syminfo(state_, address, set_symbol, ignore_error, &found);
  return found;
}

std::vector<source_line> debug_info::lines_at(std::uint64_t address) const {
  std::vector<source_line> lines;
  backtrace_pcinfo(state_, address, add_line, ignore_error, &lines);
  return lines;
}

}  // namespace loopscope::symbols
