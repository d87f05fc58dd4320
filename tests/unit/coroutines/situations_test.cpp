#include "support/catch.hpp"
#include "support/coroutine_stack.hpp"
#include "support/run.hpp"

#include <loopscope/runtime/labelled_executor.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace loopscope;
using namespace std::chrono_literals;
using asio::use_awaitable;

// Where a coroutine may be when a sample is taken. Its stack has to name all that wait for it.
namespace situations {

using names = std::vector<std::string>;

// Of the place that ran last.
names seen;

// NOLINTNEXTLINE(bugprone-exception-escape): a test without its stack had better end
[[gnu::noinline]] void look() noexcept {
  static test::stack_taker stacks;
  seen = test::names_in("situations::", stacks.take());
}

asio::awaitable<void> nap() {
  asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
  co_await timer.async_wait(use_awaitable);
}

asio::awaitable<int> timer_inner(int n) {
  co_await nap();
  look();
  co_return n + 1;
}
asio::awaitable<int> timer_middle(int n) {
  co_return co_await timer_inner(n) * 2;
}
asio::awaitable<void> timer() {
  co_await timer_middle(1);
}

asio::awaitable<void> first_inner() {
  look();
  co_return;
}
asio::awaitable<void> first() {
  co_await first_inner();
}

asio::awaitable<void> labelled_inner() {
  co_await nap();
  look();
}
asio::awaitable<void> labelled() {
  co_await labelled_inner();
}
asio::awaitable<void> spawn_labelled() {
  static constexpr std::string_view label = "/route";
  runtime::labelled_executor const on{co_await asio::this_coro::executor, &label};
  co_await asio::co_spawn(on, labelled(), use_awaitable);
}

asio::awaitable<void> group_inner() {
  co_await nap();
  co_await nap();
  look();
}
asio::awaitable<void> group_member() {
  co_await group_inner();
}
asio::awaitable<void> spawn_group() {
  auto const loop = co_await asio::this_coro::executor;
  auto group =
      asio::experimental::make_parallel_group(asio::co_spawn(loop, nap(), asio::deferred),
                                              asio::co_spawn(loop, group_member(), asio::deferred));
  co_await group.async_wait(asio::experimental::wait_for_all(), use_awaitable);
}

asio::awaitable<void> forever() {
  asio::steady_timer timer{co_await asio::this_coro::executor, 1h};
  co_await timer.async_wait(use_awaitable);
}
asio::awaitable<void> either_inner() {
  co_await nap();
  look();
}
asio::awaitable<void> either() {
  co_await either_inner();
}
asio::awaitable<void> race() {
  using namespace asio::experimental::awaitable_operators;
  co_await (either() || forever());
}

using stream = asio::local::stream_protocol::socket;

asio::awaitable<void> read_all(stream& from) {
  std::array<char, 64> bytes{};
  co_await asio::async_read(from, asio::buffer(bytes), use_awaitable);
  look();
}
asio::awaitable<void> write_slowly(stream& to) {
  std::array<char, 32> const half{};
  for (int i = 0; i < 2; ++i) {
    co_await nap();
    co_await asio::async_write(to, asio::buffer(half), use_awaitable);
  }
}
asio::awaitable<void> read(stream& from) {
  co_await read_all(from);
}
asio::awaitable<void> spawn_read() {
  auto const loop = co_await asio::this_coro::executor;
  stream here{loop};
  stream there{loop};
  asio::local::connect_pair(here, there);
  auto group = asio::experimental::make_parallel_group(
      asio::co_spawn(loop, write_slowly(there), asio::deferred),
      asio::co_spawn(loop, read(here), asio::deferred));
  co_await group.async_wait(asio::experimental::wait_for_all(), use_awaitable);
}

struct looks_at_its_end {
  ~looks_at_its_end() { look(); }
};
asio::awaitable<void> throw_inner() {
  co_await nap();
  look();
  throw std::runtime_error{"thrown"};
}
asio::awaitable<void> throwing() {
  try {
    co_await throw_inner();
  } catch (std::runtime_error const&) {
  }
}
asio::awaitable<void> destroy_inner() {
  looks_at_its_end const local;
  co_await nap();
  throw std::runtime_error{"thrown"};
}
asio::awaitable<void> destroying() {
  try {
    co_await destroy_inner();
  } catch (std::runtime_error const&) {
  }
}
asio::awaitable<void> catching() {
  try {
    co_await throw_inner();
  } catch (std::runtime_error const&) {
    look();
  }
}
asio::awaitable<void> catch_outer() {
  co_await catching();
}

// An operation that works before it has begun, as a send does that finds room.
template <class Token>
auto async_busy(asio::any_io_executor const& loop, Token&& token) {
  auto const initiate = [](auto handler, asio::any_io_executor const& on) {
    look();
    asio::post(on, std::move(handler));
  };
  return asio::async_initiate<Token, void()>(initiate, token, loop);
}
asio::awaitable<void> initiate_inner() {
  co_await async_busy(co_await asio::this_coro::executor, use_awaitable);
}
asio::awaitable<void> initiate() {
  co_await initiate_inner();
}

asio::awaitable<void> nested_inner() {
  look();
  co_return;
}
asio::awaitable<void> nested() {
  co_await nested_inner();
}
asio::awaitable<void> nest_inner() {
  co_await asio::co_spawn(co_await asio::this_coro::executor, nested(), use_awaitable);
}
asio::awaitable<void> nest() {
  co_await nest_inner();
}

asio::awaitable<void> deferred_inner() {
  asio::steady_timer timer{co_await asio::this_coro::executor, 1ms};
  co_await timer.async_wait(asio::as_tuple(asio::deferred));
  look();
}
asio::awaitable<void> deferred() {
  co_await deferred_inner();
}

asio::awaitable<void> elsewhere() {
  co_return;
}
asio::awaitable<void> back_inner() {
  asio::thread_pool other{1};
  co_await asio::co_spawn(other, elsewhere(), use_awaitable);
  look();
  other.join();
}
asio::awaitable<void> back() {
  co_await back_inner();
}

}  // namespace situations

TEST_CASE("A stack goes on with the coroutines that wait for the running one", "[coroutines]") {
  using namespace situations;
  using situation = std::pair<asio::awaitable<void> (*)(), names>;
  coroutines::initiation_notes const notes;
  seen.clear();
  auto const& [enter, expected] = GENERATE(values<situation>({
      {timer, {"look", "timer_inner", "*timer_middle", "*timer"}},
      {first, {"look", "first_inner", "*first"}},
      {spawn_labelled, {"look", "labelled_inner", "*labelled"}},
      {spawn_group, {"look", "group_inner", "*group_member"}},
      {race, {"look", "either_inner", "*either"}},
      {spawn_read, {"look", "read_all", "*read"}},
      {throwing, {"look", "throw_inner", "*throwing"}},
      {destroying, {"look", "looks_at_its_end::~looks_at_its_end", "destroy_inner", "*destroying"}},
      {catch_outer, {"look", "catching", "*catch_outer"}},
      {initiate, {"look", "async_busy<...>::lambda", "*initiate_inner", "*initiate"}},
      {nest, {"look", "nested_inner", "*nested", "*nest_inner", "*nest"}},
      {deferred, {"look", "deferred_inner", "*deferred"}},
      {back, {"look", "back_inner", "*back"}},
  }));

  test::run(enter());

  CHECK(seen == expected);
}
