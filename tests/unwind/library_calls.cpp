#include "workload.hpp"
#include "workload_tools.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace workload {

namespace {

namespace asio = boost::asio;

[[gnu::noinline]] void sort_words(int count) {
  std::vector<std::string> words;
  words.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) words.push_back("word" + std::to_string(next_random() % 1000));
  std::sort(words.begin(), words.end(), [](auto const& a, auto const& b) { return a > b; });
  std::map<std::string, int> counts;
  for (auto const& each : words) ++counts[each];
  keep(counts.size());
}

[[gnu::noinline]] void call_back_out_of_libc(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  for (auto& each : numbers) each = static_cast<int>(next_random());
  std::qsort(numbers.data(), numbers.size(), sizeof(int), [](void const* a, void const* b) {
    auto const x = *static_cast<int const*>(a);
    auto const y = *static_cast<int const*>(b);
    return (x > y) - (x < y);
  });
  keep(static_cast<std::uint64_t>(numbers.front()));
}

[[gnu::noinline]] void match(int count) {
  static std::regex const pattern{R"(([a-z]+)([0-9]+)(foo|bar)*\s+(\w+))"};
  std::string text;
  for (int i = 0; i < count; ++i)
    text += "abc" + std::to_string(next_random() % 100) + "foobar hello ";
  for (std::sregex_iterator each{text.begin(), text.end(), pattern}, end; each != end; ++each)
    keep(static_cast<std::uint64_t>(each->length()));
}

[[gnu::noinline]] void print_numbers(int count) {
  std::ostringstream out;
  for (int i = 0; i < count; ++i)
    out << std::setw(8) << i << ' ' << std::hex << next_random() << ' ' << std::setprecision(12)
        << next_random() / 3.0 << '\n';
  std::istringstream in{out.str()};
  for (std::string line; std::getline(in, line);) keep(line.size());
  std::array<char, 256> buffer{};
  for (int i = 0; i < count; ++i)
    keep(static_cast<std::uint64_t>(std::snprintf(buffer.data(), buffer.size(), "%d %s %.9g %Lf", i,
                                                  "text", next_random() / 7.0,
                                                  static_cast<long double>(i) / 3)));
}

struct kept_on_the_way {
  ~kept_on_the_way() { keep(static_cast<std::uint64_t>(depth)); }
  int depth;
};

// NOLINTNEXTLINE(misc-no-recursion): a deep stack is wanted
[[gnu::noinline]] int throw_below(int depth) {
  kept_on_the_way const destroyed{depth};
  if (depth == 0) throw std::runtime_error{"deep"};
  return throw_below(depth - 1) + 1;
}

[[gnu::noinline]] void throw_and_catch(int count) {
  for (int i = 0; i < count; ++i) {
    try {
      try {
        throw_below(static_cast<int>(next_random() % 10));
      } catch (std::exception const&) {
        throw;
      }
    } catch (std::runtime_error const& error) {
      keep(std::string{error.what()}.size());
    }
  }
}

asio::awaitable<int> add_one(int x) {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  co_return x + 1;
}

asio::awaitable<int> add_some(int x) {
  int sum = 0;
  for (int i = 0; i < 3; ++i) sum += co_await add_one(x + i);
  if (x % 7 == 0) throw std::runtime_error{"coroutine"};
  co_return sum;
}

asio::awaitable<void> add_and_wait(int x) {
  try {
    keep(static_cast<std::uint64_t>(co_await add_some(x)));
  } catch (std::runtime_error const&) {
    keep(3);
  }
  asio::steady_timer timer{co_await asio::this_coro::executor};
  timer.expires_after(std::chrono::nanoseconds{1});
  co_await timer.async_wait(asio::use_awaitable);
}

[[gnu::noinline]] void run_coroutines(int count) {
  asio::io_context context;
  for (int i = 0; i < count; ++i)
    asio::co_spawn(context, add_and_wait(i), [](std::exception_ptr const& error) {
      if (error) std::terminate();
    });
  context.run();
}

[[gnu::noinline]] void allocate(int count) {
  std::vector<std::unique_ptr<char[]>> blocks;
  blocks.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    blocks.push_back(std::make_unique<char[]>(16 + next_random() % 2000));
  blocks.erase(blocks.begin(), blocks.begin() + count / 2);
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i);
  keep(text.size());
}

struct shape {
  virtual ~shape() = default;
  virtual int area(int depth) = 0;
};
struct square : shape {
  // NOLINTNEXTLINE(misc-no-recursion): a deep stack is wanted
  [[gnu::noinline]] int area(int depth) override {
    return depth <= 0 ? 1 : area(depth - 1) + depth;
  }
};
struct frame : square {
  // NOLINTNEXTLINE(misc-no-recursion): a deep stack is wanted
  [[gnu::noinline]] int area(int depth) override { return square::area(depth) + 2; }
};

[[gnu::noinline]] void recurse(int count) {
  std::unique_ptr<shape> one;
  if (next_random() % 2 == 0)
    one = std::make_unique<square>();
  else
    one = std::make_unique<frame>();
  for (int i = 0; i < count; ++i) keep(static_cast<std::uint64_t>(one->area(40)));
}

}  // namespace

void run_library_calls(int scale) {
  sort_words(60 * scale);
  call_back_out_of_libc(60 * scale);
  match(2 * scale);
  print_numbers(20 * scale);
  throw_and_catch(6 * scale);
  run_coroutines(8 * scale);
  allocate(100 * scale);
  recurse(100 * scale);
}

}  // namespace workload
