// What resuming coroutines costs: async-cost ROUNDS. Built with the hook (HOOKED) and without; the
// pair is measured in turn. Prints one line of JSON: nanoseconds.
#ifdef HOOKED
#include <loopscope/coroutines/pump_hook.hpp>
#include <loopscope/coroutines/splice.hpp>
#include <loopscope/unwind/stack_bounds.hpp>
#include <loopscope/unwind/stack_ring.hpp>
#include <loopscope/unwind/table_walker.hpp>
#include <loopscope/unwind/unwind_map.hpp>
#endif

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <ucontext.h>

namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;

double nanoseconds_since(steady::time_point begin, long rounds) {
  std::chrono::duration<double, std::nano> const passed = steady::now() - begin;
  return passed.count() / static_cast<double>(rounds);
}

// One resumption a round.
asio::awaitable<void> post_again(long rounds) {
  for (long i = 0; i < rounds; ++i) co_await asio::post(asio::use_awaitable);
}

void run(asio::awaitable<void> work) {
  asio::io_context loop{1};
  asio::co_spawn(loop, std::move(work), [](std::exception_ptr const& error) {
    if (error) std::rethrow_exception(error);
  });
  loop.run();
}

double resumption(long rounds) {
  run(post_again(rounds / 10 + 1));  // warm
  auto const begin = steady::now();
  run(post_again(rounds));
  return nanoseconds_since(begin, rounds);
}

#ifdef HOOKED
using namespace loopscope;

// Calls it with two coroutines waiting: with Asio's root a chain of three.
asio::awaitable<void> innermost(std::function<void()> const& call) {
  co_await asio::post(asio::use_awaitable);
  call();
}
asio::awaitable<void> middle(std::function<void()> const& call) {
  co_await innermost(call);
}
asio::awaitable<void> outermost(std::function<void()> const& call) {
  co_await middle(call);
}

struct walk_cost {
  double plain = 0;    // copying the program counters
  double spliced = 0;  // and the chain
  std::size_t added = 0;
};

walk_cost splicing(long rounds) {
  auto const map = unwind::unwind_map::make(nullptr);
  auto const stack = unwind::own_stack();
  walk_cost cost;
  run(outermost([&] {
    ucontext_t here{};
    getcontext(&here);
    std::array<unwind::stack_frame, unwind::max_depth> frames{};
    std::array<std::uint64_t, unwind::max_depth> words{};
    auto const depth = unwind::walk_stack(*map, stack, here, frames).depth;
    auto const physical = std::span{frames}.first(depth);
    auto const time = [&](unwind::address_range bounds) {
      auto const begin = steady::now();
      for (long i = 0; i < rounds; ++i) coroutines::splice(physical, bounds, words);
      return nanoseconds_since(begin, rounds);
    };
    cost.plain = time({});
    cost.spliced = time(stack);
    cost.added = coroutines::splice(physical, stack, words).depth - depth;
  }));
  return cost;
}
#endif

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what is thrown ends the program
int main(int argc, char** argv) {
  auto const rounds = argc > 1 ? std::atol(argv[1]) : 1'000'000;
#ifdef HOOKED
  auto const unwatched = resumption(rounds);
  auto const cost = splicing(rounds);
  coroutines::initiation_notes const notes;
  std::printf("{\"resumption\": %.2f, \"noted\": %.2f, \"splice\": %.2f, \"chain\": %zu}\n",
              unwatched, resumption(rounds), cost.spliced - cost.plain, cost.added);
#else
  std::printf("{\"resumption\": %.2f}\n", resumption(rounds));
#endif
}
