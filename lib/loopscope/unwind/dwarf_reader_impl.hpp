#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace loopscope::unwind {

/// Reads DWARF's encodings from bytes that may be anything: a read past the end gives zeroes and
/// sets `failed`.
class dwarf_reader {
 public:
  /// \param address  of the first byte in this process.
  dwarf_reader(std::span<std::byte const> bytes, std::uintptr_t address)
      : bytes_{bytes}, address_{address} {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return at_ >= bytes_.size(); }
  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] std::uintptr_t address() const { return address_ + at_; }
  [[nodiscard]] std::span<std::byte const> rest() const { return bytes_.subspan(at_); }

  template <class T>
  T fixed() {
    T value{};
    if (sizeof(T) > bytes_.size() - at_) {
      fail();
    } else {
      std::memcpy(&value, bytes_.data() + at_, sizeof(T));
      at_ += sizeof(T);
    }
    return value;
  }

  std::uint64_t uleb();
  std::int64_t sleb();

  /// Up to a terminating zero.
  std::string_view text();

  /// The next `size` bytes, to be read on their own; this reader goes on after them.
  dwarf_reader part(std::uint64_t size);

  /// A value that is encoded as .eh_frame's pointers are (DW_EH_PE).
  /// \return  nothing if it is relative to what only the linker knows.
  std::optional<std::uintptr_t> pointer(std::uint8_t encoding);

 private:
  std::uint64_t pointer_value(std::uint8_t format);

  void fail() {
    failed_ = true;
    at_ = bytes_.size();
  }

  std::span<std::byte const> bytes_;
  std::uintptr_t address_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace loopscope::unwind
