#include <loopscope/base/expects.hpp>
#include <loopscope/base/hex.hpp>

#include <cerrno>
#include <sys/random.h>
#include <system_error>

namespace loopscope {

std::string to_hex(std::uint8_t const* bytes, std::size_t count) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(count * 2);
  for (std::size_t i = 0; i < count; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 0xf];
  }
  return text;
}

std::string random_hex(std::size_t digits) {
  LOOPSCOPE_EXPECTS(digits >= 1 && digits <= 64);
  std::array<std::uint8_t, 32> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error{errno, std::generic_category(), "getrandom"};
  return to_hex(bytes).substr(0, digits);
}

}  // namespace loopscope
