#include <loopscope/base/digest.hpp>
#include <loopscope/base/expects.hpp>
#include <loopscope/base/ids.hpp>

#include <array>
#include <cerrno>
#include <sys/random.h>
#include <system_error>

namespace loopscope {

std::string random_hex(std::size_t digits) {
  LOOPSCOPE_EXPECTS(digits >= 1 && digits <= 64);
  std::array<std::uint8_t, 32> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error{errno, std::generic_category(), "getrandom"};
  return to_hex(bytes).substr(0, digits);
}

}  // namespace loopscope
