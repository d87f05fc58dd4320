// Prints how many coroutines wait, by its stack, for one that was resumed.
#include <loopscope/base/waiting_word.hpp>
#include <loopscope/coroutines/splice.hpp>
#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/table_walker.hpp>
#include <loopscope/unwind/unwind_map.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iostream>
#include <span>
#include <ucontext.h>

namespace asio = boost::asio;
using namespace loopscope;

namespace {

void print_waiting() {
  ucontext_t here{};
  getcontext(&here);
  auto const map = unwind::unwind_map::make(nullptr);
  auto const stack = unwind::own_stack();
  std::array<unwind::stack_frame, 100> frames{};
  auto const walked = unwind::walk_stack(*map, stack, here, frames);
  std::array<std::uint64_t, 200> words{};
  auto const written = coroutines::splice(std::span{frames}.first(walked.depth), stack, words);
  auto const all = std::span{words}.first(written.depth);
  std::cout << std::count_if(all.begin(), all.end(), waiting_word::is) << '\n';
}

asio::awaitable<void> handle() {
  co_await asio::post(asio::use_awaitable);
  print_waiting();
}

asio::awaitable<void> serve() {
  co_await handle();
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what is thrown ends the program
int main() {
  asio::io_context loop{1};
  asio::co_spawn(loop, serve(), asio::detached);
  loop.run();
}
