#include <loopscope/unwind/dwarf_reader_impl.hpp>
#include <loopscope/unwind/eh_frame.hpp>
#include <loopscope/unwind/table_builder_impl.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace loopscope::unwind {

namespace {

constexpr std::uint32_t extended_length = 0xffffffff;
constexpr std::uint64_t max_code_factor = 64;
constexpr std::uint8_t pointer_format = 0x0f;  // of DW_EH_PE

// \param letters  of the augmentation, without 'z'.
// \return  false if one of them is not supported.
bool read_augmentation(dwarf_reader data, std::string_view letters, cie& into) {
  for (char const letter : letters) {
    switch (letter) {
      case 'L':
        data.fixed<std::uint8_t>();
        break;
      case 'P':
        data.pointer(data.fixed<std::uint8_t>() & pointer_format);  // only its size matters
        break;
      case 'R':
        into.pointer_encoding = data.fixed<std::uint8_t>();
        break;
      case 'S':
        into.signal_frame = true;
        break;
      default:
        return false;
    }
  }
  return !data.failed();
}

// Runs the instructions that every FDE of a CIE begins with.
bool read_initial_row(dwarf_reader instructions, cie& into) {
  cfa_program program{instructions, into.factors, {}};
  if (program.finish_row()) return false;  // no function to advance in
  into.initial = program.row();
  return program.supported();
}

std::optional<cie> read_cie(dwarf_reader in) {
  cie result;
  auto const version = in.fixed<std::uint8_t>();
  if (version != 1 && version != 3 && version != 4) return std::nullopt;
  auto const augmentation = in.text();
  if (version == 4) in.fixed<std::uint16_t>();  // the sizes of an address and of a segment
  result.factors.code = in.uleb();
  result.factors.data = in.sleb();
  auto const return_register = version == 1 ? in.fixed<std::uint8_t>() : in.uleb();
  if (return_register != dwarf_register::rip || result.factors.code > max_code_factor)
    return std::nullopt;
  if (augmentation.starts_with('z')) {
    result.has_augmentation = true;
    auto const data = in.part(in.uleb());
    if (!read_augmentation(data, augmentation.substr(1), result)) return std::nullopt;
  } else if (!augmentation.empty()) {
    return std::nullopt;
  }
  if (in.failed() || !read_initial_row(in, result)) return std::nullopt;
  return result;
}

// \return  nothing if it describes no code of `text`, such as what the linker dropped.
std::optional<described_function> read_fde(dwarf_reader in, cie const& of, address_range text) {
  auto const begin = in.pointer(of.pointer_encoding);
  auto const length = in.pointer(of.pointer_encoding & pointer_format);
  if (of.has_augmentation) in.part(in.uleb());
  if (in.failed() || !begin || !length || !text.holds(*begin) || *length == 0 ||
      *length > text.end - *begin)
    return std::nullopt;
  auto const offset = static_cast<std::uint32_t>(*begin - text.begin);
  dwarf_reader const instructions{in.rest(), in.address()};
  return described_function{offset, static_cast<std::uint32_t>(offset + *length), &of,
                            instructions};
}

class section_parser {
 public:
  section_parser(dwarf_reader section, address_range text)
      : section_{section}, text_{text}, table_{static_cast<std::uint32_t>(text.size())} {}

  unwind_table parse() && {
    while (!section_.at_end() && read_entry()) {
    }
    std::stable_sort(functions_.begin(), functions_.end(),
                     [](auto const& a, auto const& b) { return a.begin < b.begin; });
    for (auto const& each : functions_) table_.add(each);
    return std::move(table_).finish();
  }

 private:
  // \return  false if nothing follows.
  bool read_entry() {
    std::uint64_t size = section_.fixed<std::uint32_t>();
    if (size == extended_length) size = section_.fixed<std::uint64_t>();
    if (size == 0) return false;
    auto const at = section_.position();
    auto entry = section_.part(size);
    auto const id = entry.fixed<std::uint32_t>();
    if (entry.failed() || section_.failed()) return false;
    if (id == 0) {
      cies_.try_emplace(at, read_cie(entry));
      return true;
    }
    auto const* const of = cie_before(at, id);
    auto const function = of ? read_fde(entry, *of, text_) : std::nullopt;
    if (function)
      functions_.push_back(*function);
    else
      table_.skip();
    return true;
  }

  // An FDE says how far before its second field the length of its CIE lies.
  cie const* cie_before(std::size_t at, std::uint32_t distance) const {
    if (distance > at) return nullptr;
    for (auto const length_size : {std::size_t{4}, std::size_t{12}}) {
      auto const known = cies_.find(at - distance + length_size);
      if (known != cies_.end()) return known->second ? &*known->second : nullptr;
    }
    return nullptr;
  }

  dwarf_reader section_;
  address_range text_;
  std::unordered_map<std::size_t, std::optional<cie>> cies_;  // by offset of their second field
  std::vector<described_function> functions_;
  table_builder table_;
};

}  // namespace

unwind_table parse_eh_frame(std::span<std::byte const> bytes, std::uintptr_t address,
                            address_range text) {
  return section_parser{dwarf_reader{bytes, address}, text}.parse();
}

}  // namespace loopscope::unwind
