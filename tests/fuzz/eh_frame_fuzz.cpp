#include <loopscope/base/expects.hpp>
#include <loopscope/unwind/eh_frame.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

using namespace loopscope;

// Any bytes give a table whose rows ascend, begin with the text, and cover all of it.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  constexpr unwind::address_range text{0x1000, 0x1000000};
  auto const bytes = std::as_bytes(std::span{data, size});
  for (auto const address : {std::uintptr_t{0x200000}, ~std::uintptr_t{0} - 8}) {
    auto const table = unwind::parse_eh_frame(bytes, address, text);
    auto const rows = table.rows();
    if (rows.empty()) continue;
    LOOPSCOPE_EXPECTS(rows.front().begin == 0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      LOOPSCOPE_EXPECTS(i == 0 || rows[i - 1].begin < rows[i].begin);
      LOOPSCOPE_EXPECTS(rows[i].rule < table.rules().size());
      LOOPSCOPE_EXPECTS(table.find(rows[i].begin) == &table.rules()[rows[i].rule]);
    }
    LOOPSCOPE_EXPECTS(table.find(static_cast<std::uint32_t>(text.size() - 1)) != nullptr);
  }
  return 0;
}
