#include "support/catch.hpp"

#include <loopscope/symbols/await_points_impl.hpp>

#include <cstdint>
#include <map>
#include <vector>

using namespace loopscope;
using symbols::find_await;
using symbols::source_line;

namespace {

using bytes = std::vector<unsigned char>;

constexpr std::uint64_t start = 0x5000;

// movzwl 0x24(%rdi),%eax: the number lies at 0x24.
bytes const load{0x0f, 0xb7, 0x47, 0x24};
// movw $6,0x24(%rdi)
bytes const store_6{0x66, 0xc7, 0x47, 0x24, 0x06, 0x00};
// movw $6,0x24(%r8)
bytes const store_6_r8{0x66, 0x41, 0xc7, 0x40, 0x24, 0x06, 0x00};
// mov $6,%eax; mov %ax,0x24(%rdi)
bytes const move_6{0xb8, 0x06, 0x00, 0x00, 0x00, 0x66, 0x89, 0x47, 0x24};
// mov $6,%r9d; mov %r9w,0x24(%rdi)
bytes const move_6_r9{0x41, 0xb9, 0x06, 0x00, 0x00, 0x00, 0x66, 0x44, 0x89, 0x4f, 0x24};
// movw $6,0x124(%rdi), where the frame is large
bytes const store_6_far{0x66, 0xc7, 0x87, 0x24, 0x01, 0x00, 0x00, 0x06, 0x00};
// movw $6,0x44(%rbx): the same number elsewhere
bytes const store_6_elsewhere{0x66, 0xc7, 0x43, 0x44, 0x06, 0x00};

bytes joined(std::vector<bytes> const& parts) {
  bytes all;
  for (auto const& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

bytes nops(std::size_t count) {
  return bytes(count, 0x90);
}

struct program {
  bytes code;
  std::map<std::uint64_t, std::vector<source_line>> lines;  // from that offset on

  [[nodiscard]] symbols::await_point find(std::uint16_t number) const {
    auto const lines_at = [this](std::uint64_t address) {
      auto const next = lines.upper_bound(address - start);
      return next == lines.begin() ? std::vector<source_line>{} : std::prev(next)->second;
    };
    return find_await({code, start}, number, lines_at);
  }
};

std::vector<source_line> plain(std::uint32_t line) {
  return {{"run", "/src/session.cpp", line}};
}

std::vector<source_line> suspends(std::uint32_t line) {
  return {{"_ZN9awaitable13await_suspendEv", "/usr/include/awaitable.hpp", 99},
          {"run", "/src/session.cpp", line}};
}

}  // namespace

TEST_CASE("A co_await is where await_suspend is called behind the store of its number",
          "[symbols]") {
  auto const store = GENERATE(store_6, store_6_r8, move_6, move_6_r9);
  program const p{joined({load, nops(30), store, nops(60)}),
                  {{0, plain(10)}, {60, suspends(85)}, {70, plain(90)}}};

  auto const found = p.find(6);

  CHECK(found.file == "/src/session.cpp");
  CHECK(found.line == 85);
}

TEST_CASE("The place of a co_await", "[symbols]") {
  SECTION("is that of its own number, wherever else that is stored") {
    program const p{joined({load, store_6_elsewhere, nops(80), store_6, nops(80)}),
                    {{0, plain(1)}, {12, suspends(10)}, {30, plain(11)}, {98, suspends(20)}}};

    CHECK(p.find(6).line == 20);
  }

  SECTION("is found in a large frame") {
    program const p{joined({{0x0f, 0xb7, 0x87, 0x24, 0x01, 0x00, 0x00}, store_6_far, nops(20)}),
                    {{0, plain(1)}, {18, suspends(30)}}};

    CHECK(p.find(6).line == 30);
  }

  SECTION("is looked for behind any register if the compiler moved it") {
    program const p{joined({load, nops(10), store_6_elsewhere, nops(20)}),
                    {{0, plain(1)}, {22, suspends(40)}}};

    CHECK(p.find(6).line == 40);
  }

  SECTION("is the line of the store if await_suspend is not inlined") {
    program const p{joined({load, nops(10), store_6, nops(100)}), {{0, plain(1)}, {14, plain(50)}}};

    CHECK(p.find(6).line == 50);
  }

  SECTION("is unknown") {
    program p{joined({load, nops(10), store_6, nops(100)}), {{0, suspends(1)}}};

    SECTION("for a number that is not stored") {
      CHECK(p.find(8).line == 0);
    }
    SECTION("for a coroutine that has not begun") {
      CHECK(p.find(2).line == 0);
    }
    SECTION("without a number") {
      CHECK(p.find(0).line == 0);
    }
    SECTION("without code") {
      p.code.clear();
      CHECK(p.find(6).line == 0);
    }
    SECTION("without debug information") {
      p.lines.clear();
      CHECK(p.find(6).file.empty());
    }
  }

  SECTION("is found in code that ends anywhere") {
    auto const code = joined({load, move_6, store_6_far, move_6_r9});
    for (std::size_t size = 0; size <= code.size(); ++size) {
      program const p{{code.begin(), code.begin() + static_cast<std::ptrdiff_t>(size)},
                      {{0, suspends(1)}}};
      CHECK(p.find(6).line <= 1);
    }
  }
}
