#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <zlib.h>

namespace loopscope::test {

inline std::string gunzip(std::string const& compressed) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error{"inflateInit2"};
  std::string plain;
  std::string piece(std::size_t{64} << 10, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  auto state = Z_OK;
  while (state == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    plain.append(piece, 0, piece.size() - stream.avail_out);
  }
  auto const all_read = stream.avail_in == 0;
  inflateEnd(&stream);
  if (state != Z_STREAM_END || !all_read) throw std::runtime_error{"not gzip, or not all of it"};
  return plain;
}

/// A protocol buffer message, taken apart without knowing what it means.
struct wire_message {
  explicit wire_message(std::string_view bytes) {
    while (!bytes.empty()) {
      auto const tag = take_varint(bytes);
      auto const field = static_cast<int>(tag >> 3);
      if ((tag & 7) == 0) {
        numbers[field].push_back(take_varint(bytes));
      } else if ((tag & 7) == 2) {
        auto const size = take_varint(bytes);
        texts[field].emplace_back(bytes.substr(0, size));
        if (size > bytes.size()) throw std::runtime_error{"a field ends early"};
        bytes.remove_prefix(size);
      } else {
        throw std::runtime_error{"a wire type that is not used"};
      }
    }
  }

  [[nodiscard]] std::uint64_t number(int field) const {
    auto const found = numbers.find(field);
    return found == numbers.end() ? 0 : found->second.at(0);
  }

  [[nodiscard]] std::vector<wire_message> messages(int field) const {
    std::vector<wire_message> all;
    auto const found = texts.find(field);
    if (found == texts.end()) return all;
    for (auto const& each : found->second) all.emplace_back(each);
    return all;
  }

  [[nodiscard]] std::vector<std::uint64_t> packed(int field) const {
    std::vector<std::uint64_t> all;
    auto const found = texts.find(field);
    if (found == texts.end()) return all;
    std::string_view rest = found->second.at(0);
    while (!rest.empty()) all.push_back(take_varint(rest));
    return all;
  }

  std::map<int, std::vector<std::uint64_t>> numbers;
  std::map<int, std::vector<std::string>> texts;

 private:
  static std::uint64_t take_varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
      auto const byte = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    throw std::runtime_error{"a number ends early"};
  }
};

}  // namespace loopscope::test
