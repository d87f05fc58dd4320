#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace loopscope::formats {

/// Builds the bytes of a protocol buffer message, field by field. Fields with their default value
/// are left out, as proto3 has it.
/// Source: https://protobuf.dev/programming-guides/encoding/
class protobuf_message {
 public:
  void integer(std::uint32_t field, std::uint64_t value) {
    if (value == 0) return;
    varint(tag(field, 0));
    varint(value);
  }

  void flag(std::uint32_t field, bool value) { integer(field, value ? 1 : 0); }

  /// A string or a message; written even if it is empty, as an element of a repeated field.
  void bytes(std::uint32_t field, std::string_view value) {
    varint(tag(field, 2));
    varint(value.size());
    bytes_ += value;
  }

  void packed(std::uint32_t field, std::span<std::uint64_t const> values) {
    if (values.empty()) return;
    protobuf_message all;
    for (auto const value : values) all.varint(value);
    bytes(field, all.view());
  }

  [[nodiscard]] std::string_view view() const noexcept { return bytes_; }

 private:
  static constexpr std::uint64_t tag(std::uint64_t field, std::uint64_t wire_type) {
    return field << 3 | wire_type;
  }

  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7F) | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace loopscope::formats
