#include <loopscope/unwind/dwarf_reader_impl.hpp>

#include <algorithm>

namespace loopscope::unwind {

namespace {

// Source: Linux Standard Base 5.0, Core, 10.5.1 "DWARF exception header encoding".
enum : std::uint8_t {
  pe_absptr = 0x00,
  pe_uleb128 = 0x01,
  pe_udata2 = 0x02,
  pe_udata4 = 0x03,
  pe_udata8 = 0x04,
  pe_sleb128 = 0x09,
  pe_sdata2 = 0x0a,
  pe_sdata4 = 0x0b,
  pe_sdata8 = 0x0c,
  pe_pcrel = 0x10,
};

}  // namespace

std::uint64_t dwarf_reader::uleb() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    auto const byte = fixed<std::uint8_t>();
    if (shift < 64) value |= std::uint64_t{byte & 0x7fu} << shift;
    if ((byte & 0x80) == 0) return value;
  }
}

std::int64_t dwarf_reader::sleb() {
  std::uint64_t value = 0;
  for (unsigned shift = 0;;) {
    auto const byte = fixed<std::uint8_t>();
    if (shift < 64) value |= std::uint64_t{byte & 0x7fu} << shift;
    shift += 7;
    if ((byte & 0x80) != 0) continue;
    if (shift < 64 && (byte & 0x40) != 0) value |= ~std::uint64_t{0} << shift;
    return static_cast<std::int64_t>(value);
  }
}

std::string_view dwarf_reader::text() {
  auto const from = rest();
  auto const end = std::find(from.begin(), from.end(), std::byte{0});
  if (end == from.end()) {
    fail();
    return {};
  }
  auto const size = static_cast<std::size_t>(end - from.begin());
  at_ += size + 1;
  return {reinterpret_cast<char const*>(from.data()), size};
}

dwarf_reader dwarf_reader::part(std::uint64_t size) {
  if (size > bytes_.size() - at_) {
    fail();
    return {{}, 0};
  }
  dwarf_reader const result{bytes_.subspan(at_, size), address()};
  at_ += size;
  return result;
}

std::uint64_t dwarf_reader::pointer_value(std::uint8_t format) {
  switch (format) {
    case pe_absptr:
    case pe_udata8:
    case pe_sdata8:
      return fixed<std::uint64_t>();
    case pe_uleb128:
      return uleb();
    case pe_udata2:
      return fixed<std::uint16_t>();
    case pe_udata4:
      return fixed<std::uint32_t>();
    case pe_sleb128:
      return static_cast<std::uint64_t>(sleb());
    case pe_sdata2:
      return static_cast<std::uint64_t>(std::int64_t{fixed<std::int16_t>()});
    case pe_sdata4:
      return static_cast<std::uint64_t>(std::int64_t{fixed<std::int32_t>()});
    default:
      fail();
      return 0;
  }
}

std::optional<std::uintptr_t> dwarf_reader::pointer(std::uint8_t encoding) {
  auto const base = address();
  auto const value = pointer_value(encoding & 0x0f);
  if (failed_) return std::nullopt;
  switch (encoding & 0xf0) {
    case 0:
      return value;
    case pe_pcrel:
      return base + value;
    default:
      return std::nullopt;
  }
}

}  // namespace loopscope::unwind
