#include "support/catch.hpp"

#include <loopscope/base/waiting_word.hpp>

#include <cstdint>

using namespace loopscope;

TEST_CASE("The word of a waiting coroutine keeps its address and its await", "[base]") {
  auto const address =
      GENERATE(std::uint64_t{0}, std::uint64_t{0x401000}, (std::uint64_t{1} << 47) - 1);
  auto const await = GENERATE(as<std::uint16_t>{}, 0, 2, 4, 0x7fff);
  CAPTURE(address, await);

  auto const word = waiting_word::make(address, await);

  CHECK(waiting_word::is(word));
  CHECK(waiting_word::resume_of(word) == address);
  CHECK(waiting_word::await_of(word) == await);
}

TEST_CASE("No address of code is the word of a coroutine", "[base]") {
  auto const address = GENERATE(std::uint64_t{0}, std::uint64_t{0x7fff'ffff'ffff},
                                std::uint64_t{0xffff'8000'0000'0000},   // the kernel's first
                                std::uint64_t{0xffff'ffff'ff60'0000});  // and vsyscall
  CAPTURE(address);

  CHECK_FALSE(waiting_word::is(address));
}
