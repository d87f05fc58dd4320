#include <loopscope/base/expects.hpp>
#include <loopscope/base/parse_integer.hpp>
#include <loopscope/http/range.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace loopscope;

namespace {

// A piece is never empty, lies in the file, and the header that asks for just it gives it again.
void check_piece(http::byte_range piece, byte_count size) {
  LOOPSCOPE_EXPECTS(piece.begin < piece.end && piece.end <= size);
  auto const first = std::to_string(piece.begin.value);
  auto const last = std::to_string(piece.end.value - 1);
  auto const again = http::parse_range(std::string{"bytes="}.append(first + '-' + last), size);
  LOOPSCOPE_EXPECTS(again && *again == piece);
  auto const header = http::content_range(piece, size);
  auto const expected = first + '-' + last + '/' + std::to_string(size.value);
  LOOPSCOPE_EXPECTS(header == "bytes " + expected);
}

}  // namespace

// A line with the size of the file, then the value of the header.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string_view const text{reinterpret_cast<char const*>(data), size};
  auto const line = std::min(text.find('\n'), text.size());
  auto const file = parse_integer<std::uint64_t>(text.substr(0, line));
  if (!file) return 0;
  auto const header = text.substr(std::min(line + 1, text.size()));

  auto const wanted = http::parse_range(header, byte_count{*file});
  if (!wanted)
    LOOPSCOPE_EXPECTS(wanted.error() == errc::range_unsatisfiable);
  else if (*wanted)
    check_piece(**wanted, byte_count{*file});
  return 0;
}
