#include <loopscope/base/expects.hpp>
#include <loopscope/model/raw_cpu_profile.hpp>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string_view>

// Whatever is read as a raw capture is written so that it is read again as the same.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  auto const read = loopscope::model::read_raw({reinterpret_cast<char const*>(data), size});
  if (!read) return 0;
  std::ostringstream written;
  loopscope::model::write_raw(written, *read);
  auto const again = loopscope::model::read_raw(written.view());
  LOOPSCOPE_EXPECTS(again && *again == *read);
  return 0;
}
