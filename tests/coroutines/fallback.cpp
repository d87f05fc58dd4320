// With a version of Boost whose coroutines are not known: stacks are physical. Exits 1 if not.
#include <loopscope/coroutines/pump_hook.hpp>
#include <loopscope/coroutines/splice.hpp>
#include <loopscope/unwind/stack_bounds.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <functional>

namespace {

namespace asio = boost::asio;
using namespace loopscope;

asio::awaitable<void> inner(std::function<void()> const& call) {
  co_await asio::post(asio::use_awaitable);
  call();
}
asio::awaitable<void> outer(std::function<void()> const& call) {
  co_await inner(call);
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what is thrown ends the program
int main() {
  auto const stack = unwind::own_stack();
  // One frame that has all of the stack below it, and its caller.
  std::array<unwind::stack_frame, 2> const physical{
      {{0x1000, stack.begin}, {0x2000, stack.end - sizeof(void*)}}};
  std::array<std::uint64_t, 16> words{};
  coroutines::spliced_stack written;
  asio::io_context loop{1};
  std::function<void()> const look = [&] { written = coroutines::splice(physical, stack, words); };
  asio::co_spawn(loop, outer(look), [](std::exception_ptr const& error) {
    if (error) std::rethrow_exception(error);
  });
  loop.run();
  auto const is_physical = written.whole && written.depth == 2 && words[1] == 0x2000;
  return is_physical && !coroutines::has_async_stacks() ? 0 : 1;
}
