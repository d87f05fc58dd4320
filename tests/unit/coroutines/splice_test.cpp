#include "support/catch.hpp"
#include "support/coroutine_stack.hpp"
#include "support/run.hpp"

#include <loopscope/base/waiting_word.hpp>
#include <loopscope/coroutines/splice.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace loopscope;

namespace {

std::ptrdiff_t waiting_in(std::vector<std::uint64_t> const& words) {
  return std::count_if(words.begin(), words.end(), waiting_word::is);
}

// Calls it in a coroutine for which others wait, a chain of that many.
// NOLINTNEXTLINE(misc-no-recursion): a chain is what is wanted
asio::awaitable<void> call_below(int waiting, std::function<void()> const& call) {
  if (waiting > 0) {
    co_await call_below(waiting - 1, call);
    co_return;
  }
  co_await asio::post(asio::use_awaitable);
  call();
}

// Its initiation calls.
template <class Call, class Token>
auto async_call(Call const& call, Token&& token) {
  auto const initiate = [&call](auto handler) {
    call();
    auto const loop = asio::get_associated_executor(handler);
    asio::post(loop, std::move(handler));
  };
  return asio::async_initiate<Token, void()>(initiate, token);
}

// NOLINTNEXTLINE(misc-no-recursion): a chain is what is wanted
asio::awaitable<void> initiate_below(int waiting, std::function<void()> const& call) {
  if (waiting > 0)
    co_await initiate_below(waiting - 1, call);
  else
    co_await async_call(call, asio::use_awaitable);
}

// What waits beside the coroutines of a test: those that run it.
std::ptrdiff_t waiting_for_nothing(test::stack_taker& stacks) {
  std::ptrdiff_t waiting = 0;
  test::run(call_below(0, [&] { waiting = waiting_in(stacks.take()); }));
  return waiting;
}

}  // namespace

TEST_CASE("A stack without coroutines stays as it is", "[coroutines]") {
  test::stack_taker stacks;

  auto const words = stacks.take();

  CHECK(stacks.last().whole);
  CHECK(words.size() > 2);
  CHECK(waiting_in(words) == 0);
}

TEST_CASE("A chain of any length is on the stack", "[coroutines]") {
  auto const length = GENERATE(1, 15, 16, 17, 500);
  CAPTURE(length);
  test::stack_taker stacks;
  auto const others = waiting_for_nothing(stacks);
  std::vector<std::uint64_t> words;

  test::run(call_below(length, [&] { words = stacks.take(); }));

  CHECK(stacks.last().whole);
  CHECK(waiting_in(words) == others + length);
}

TEST_CASE("Words that there is no room for are left out, and that is said", "[coroutines]") {
  test::stack_taker stacks;
  std::vector<std::uint64_t> all;
  test::run(call_below(20, [&] { all = stacks.take(); }));
  auto const first = std::find_if(all.begin(), all.end(), waiting_word::is);
  auto const physical = static_cast<std::size_t>(first - all.begin());
  auto const room = GENERATE_COPY(std::size_t{0}, std::size_t{1}, physical, physical + 1,
                                  physical + 20, all.size() - 1, all.size());
  CAPTURE(room, all.size());
  std::vector<std::uint64_t> some;

  test::run(call_below(20, [&] { some = stacks.take(room); }));

  CHECK(some.size() == room);
  CHECK(stacks.last().whole == (room == all.size()));
  // The first frames are take() itself, at another place of the test.
  CHECK(waiting_in(some) <= waiting_in(all));
}

TEST_CASE("A chain whose operation is initiated is on the stack", "[coroutines]") {
  test::stack_taker stacks;
  auto const others = waiting_for_nothing(stacks);
  std::ptrdiff_t waiting = -1;
  auto const look = [&] { waiting = waiting_in(stacks.take()); };

  SECTION("while somebody wants it noted, with the one that awaits the operation, and Asio's own") {
    coroutines::initiation_notes const notes;
    test::run(initiate_below(3, look));

    CHECK(waiting == others + 3 + 2);
  }

  SECTION("up to sixteen coroutines of it") {
    auto const length = GENERATE(11, 12, 13, 14, 30);
    coroutines::initiation_notes const notes;
    test::run(initiate_below(length, look));

    CHECK(waiting == std::min<std::ptrdiff_t>(16, others + length + 2));
  }

  SECTION("not while nobody does") {
    test::run(initiate_below(3, look));

    CHECK(waiting == 0);
  }
}

TEST_CASE("Without the bounds of its stack a thread's chains are left out", "[coroutines]") {
  std::vector<unwind::stack_frame> const physical{{0x1000, 0x7f00}, {0x2000, 0x7f80}};
  std::array<std::uint64_t, 8> words{};
  coroutines::spliced_stack written;

  test::run(call_below(3, [&] { written = coroutines::splice(physical, {}, words); }));

  CHECK(written.whole);
  REQUIRE(written.depth == 2);
  CHECK(words[0] == 0x1000);
  CHECK(words[1] == 0x2000);
}

TEST_CASE("A chain is left out of a stack that it does not lie on", "[coroutines]") {
  test::stack_taker stacks;
  // A fiber's: below the thread's own.
  auto const below = stacks.stack().begin - 0x10000;
  std::vector<unwind::stack_frame> const physical{{0x1000, below}, {0x2000, below + 0x80}};
  std::array<std::uint64_t, 8> words{};
  coroutines::spliced_stack written;

  test::run(call_below(3, [&] { written = coroutines::splice(physical, stacks.stack(), words); }));

  CHECK(written.depth == 2);
}
