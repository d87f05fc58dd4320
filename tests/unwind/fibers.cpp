// Stacks of fibers, which end at the fiber's first frame:
// unwind-fibers-{with,without}-frame-pointers SAMPLES HZ
//
// Each kind is sampled SAMPLES times on its fibers. Prints a line of JSON for each: how walks
// ended, and how many from inside known work led to the callers that the fiber has. The last kind
// does nothing but switch: Boost.Context's switch has no rows, and is walked by frame pointers.
#include "sampling.hpp"

#define BOOST_ASIO_DISABLE_BOOST_COROUTINE  // spawn runs on Boost.Context
#include <boost/asio/error.hpp>             // before spawn.hpp, which lacks it
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/context/fiber.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <regex>
#include <span>
#include <stdexcept>
#include <string>
#include <ucontext.h>
#include <utility>
#include <vector>

namespace {

using namespace unwind_test;
using unwind::stack_frame;
using unwind::walk_end;

constexpr std::size_t end_count = static_cast<std::size_t>(walk_end::unreadable) + 1;
constexpr std::array end_names{"outermost", "fiber_entry",   "no_room", "unknown_code",
                               "no_rule",   "lost_register", "bad_cfa", "unreadable"};
static_assert(end_names.size() == end_count);

/// The callers of known work on one fiber, as the first walk from there found them.
struct known_callers {
  std::array<std::uint64_t, 32> pcs{};
  std::size_t count = 0;

  [[nodiscard]] std::span<std::uint64_t const> all() const { return std::span{pcs}.first(count); }
};

// Written by the handler alone while the timer runs.
struct totals {
  std::atomic<std::uint64_t> samples = 0;
  std::array<std::uint64_t, end_count> ends{};
  std::uint64_t inside = 0;       // known work
  std::uint64_t same_root = 0;    // of those: with the fiber's callers
  std::uint64_t not_learned = 0;  // fibers whose first walk did not lead to the caller known
};

walked_thread* walked = nullptr;
totals* total = nullptr;
// Of the work that runs: where it returns to, and what is known of what is further out.
std::uintptr_t volatile returns_to = 0;
known_callers* volatile callers = nullptr;

void learn(std::span<stack_frame const> found) {
  auto const first = std::ranges::find(found, returns_to, &stack_frame::pc);
  auto const outer = std::span{first, found.end()};
  if (outer.empty() || outer.size() > callers->pcs.size()) {
    ++total->not_learned;
    return;
  }
  std::ranges::transform(outer, callers->pcs.begin(), &stack_frame::pc);
  callers->count = outer.size();
}

void count(std::span<stack_frame const> found, walk_end end) {
  ++total->samples;
  ++total->ends.at(static_cast<std::size_t>(end));
  if (callers == nullptr) return;
  ++total->inside;
  auto const all = callers->all();
  if (found.size() > all.size() &&
      std::ranges::equal(found.last(all.size()), all, {}, &stack_frame::pc))
    ++total->same_root;
}

void take_sample(int /*signal*/, siginfo_t* /*info*/, void* context) {
  auto const interrupted_errno = errno;
  auto const& interrupted = *static_cast<ucontext_t const*>(context);
  static std::array<stack_frame, 256> frames;
  auto const result = walked->walk(interrupted, frames);
  auto const found = std::span{frames}.first(result.depth);
  if (callers != nullptr && callers->count == 0)
    learn(found);
  else if (!walked->stack.holds(found.front().sp))
    count(found, result.end);
  errno = interrupted_errno;
}

std::uint64_t volatile sink = 0;

// NOLINTNEXTLINE(misc-no-recursion): a deep stack is wanted
[[gnu::noinline]] int recurse(int depth) {
  if (depth == 0) {
    std::vector<std::string> words;
    words.reserve(60);
    for (int i = 0; i < 60; ++i) words.push_back(std::to_string(i * 7919 % 1000));
    std::sort(words.begin(), words.end());
    static std::regex const pattern{"([0-9]+)9([0-9]*)"};
    return static_cast<int>(std::ranges::count_if(
        words, [](auto const& word) { return std::regex_match(word, pattern); }));
  }
  int const volatile below = recurse(depth - 1);
  return below + depth;
}

// NOLINTNEXTLINE(misc-no-recursion): a deep stack is wanted
[[gnu::noinline]] void throw_below(int depth) {
  if (depth == 0) throw std::runtime_error{"in a fiber"};
  throw_below(depth - 1);
  sink = sink + 1;
}

/// Known work: what is walked from here leads to this function's caller.
[[gnu::noinline]] void work(int number, known_callers& of) {
  returns_to = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  callers = &of;
  if (of.count == 0) std::raise(SIGPROF);
  sink = sink + static_cast<std::uint64_t>(recurse(number % 20));
  if (number % 4 == 0) {
    try {
      throw_below(number % 6);
    } catch (std::runtime_error const& error) {
      sink = sink + std::string{error.what()}.size();
    }
  }
  callers = nullptr;
}

namespace context = boost::context;
namespace asio = boost::asio;

void run_plain_fiber() {
  context::fiber fiber{[](context::fiber&& back) {
    known_callers known;
    for (int i = 0; i < 20; ++i) {
      work(i, known);
      back = std::move(back).resume();
    }
    return std::move(back);
  }};
  while (fiber) fiber = std::move(fiber).resume();
}

void switch_quickly() {
  context::fiber fiber{[](context::fiber&& back) {
    for (int i = 0; i < 20'000; ++i) back = std::move(back).resume();
    return std::move(back);
  }};
  while (fiber) fiber = std::move(fiber).resume();
}

void wait_and_work(asio::yield_context const& yield, int number) {
  known_callers known;
  asio::steady_timer timer{yield.get_executor()};
  for (int i = 0; i < 5; ++i) {
    work(number, known);
    timer.expires_after(std::chrono::nanoseconds{1});
    timer.async_wait(yield);
    asio::post(yield.get_executor(), yield);
  }
}

void run_spawned_fibers() {
  asio::io_context io;
  for (int i = 0; i < 8; ++i)
    asio::spawn(
        io, [i](asio::yield_context const& yield) { wait_and_work(yield, i); },
        [](std::exception_ptr const& error) {
          if (error) std::terminate();
        });
  io.run();
}

ucontext_t main_context;
ucontext_t made_context;

void work_in_made_context() {
  known_callers known;
  for (int i = 0; i < 5; ++i) {
    work(i, known);
    swapcontext(&made_context, &main_context);
  }
}

void run_made_context() {
  static std::vector<char> stack(256 << 10);
  getcontext(&made_context);
  made_context.uc_stack.ss_sp = stack.data();
  made_context.uc_stack.ss_size = stack.size();
  made_context.uc_link = nullptr;
  makecontext(&made_context, work_in_made_context, 0);
  for (int i = 0; i < 5; ++i) swapcontext(&main_context, &made_context);
}

void print(char const* kind, totals const& all) {
  std::printf(
      R"({"kind": "%s", "samples": %lu, "inside": %lu, "same_root": %lu, "not_learned": %lu)", kind,
      all.samples.load(), all.inside, all.same_root, all.not_learned);
  for (std::size_t i = 0; i < end_count; ++i)
    std::printf(R"(, "%s": %lu)", end_names.at(i), all.ends.at(i));
  std::printf("}\n");
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what is thrown ends the program
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto const wanted = std::strtoull(argv[1], nullptr, 10);
  auto const hz = std::atoi(argv[2]);
  walked_thread thread;
  walked = &thread;
  constexpr std::array<std::pair<char const*, void (*)()>, 4> kinds{
      {{"boost::context::fiber", run_plain_fiber},
       {"boost::asio::spawn", run_spawned_fibers},
       {"makecontext", run_made_context},
       {"switches", switch_quickly}}};
  for (auto const& [kind, run] : kinds) {
    totals all;
    total = &all;
    {
      sampling_timer const timer{take_sample, hz};
      while (all.samples < wanted) run();
    }
    print(kind, all);
  }
}
