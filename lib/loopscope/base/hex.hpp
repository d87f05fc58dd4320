#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace loopscope {

/// Lower-case hexadecimal, two digits a byte.
std::string to_hex(std::uint8_t const* bytes, std::size_t count);

template <std::size_t N>
std::string to_hex(std::array<std::uint8_t, N> const& bytes) {
  return to_hex(bytes.data(), N);
}

/// `digits` random lower-case hexadecimal digits from the kernel's generator.
/// \param digits  1 to 64.
/// \throws system_error if the kernel gives none.
/// \thread any
std::string random_hex(std::size_t digits);

}  // namespace loopscope
