// What the walk of a stack of about 45 frames costs, by method: unwind-walk-cost SAMPLES HZ
//
// Cold: samples at HZ are taken by one method after another, so that none finds what it needs in
// the caches, left there by its own last sample. Hot: one stack is walked again and again. Prints a
// line of JSON for each method, in microseconds.
#include "hybrid_walker.hpp"
#include "unwind/sampling.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <span>
#include <string>
#include <ucontext.h>
#include <unwind.h>
#include <utility>
#include <vector>
#include <x86intrin.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

namespace {

using namespace unwind_test;

constexpr std::size_t max_depth = 128;
constexpr std::pair<std::size_t, std::size_t> wanted_depth{40, 56};

std::array<std::uint64_t, max_depth> pcs;
std::array<unwind::stack_frame, max_depth> frames;
walked_thread* walked = nullptr;
bench::hybrid_walker const* hybrid = nullptr;

std::size_t by_tables(ucontext_t& context) {
  return walked->walk(context, frames).depth;
}

std::size_t by_frame_pointers(ucontext_t& context) {
  return unwind::walk_frame_pointers(walked->stack, context, frames).depth;
}

std::size_t by_hybrid(ucontext_t& context) {
  return hybrid->walk(context, pcs);
}

std::size_t by_libunwind(ucontext_t& context) {
  unw_cursor_t cursor;
  if (unw_init_local2(&cursor, &context, UNW_INIT_SIGNAL_FRAME) != 0) return 0;
  std::size_t depth = 0;
  do {
    unw_word_t pc = 0;
    if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 || pc == 0) break;
    pcs[depth++] = pc;
  } while (depth < max_depth && unw_step(&cursor) > 0);
  return depth;
}

// libunwind has functions of these names too.
decltype(&_Unwind_Backtrace) libgcc_backtrace = nullptr;
decltype(&_Unwind_GetIP) libgcc_ip = nullptr;

_Unwind_Reason_Code add_frame(_Unwind_Context* context, void* out) {
  auto& depth = *static_cast<std::size_t*>(out);
  if (depth == max_depth) return _URC_END_OF_STACK;
  pcs[depth++] = libgcc_ip(context);
  return _URC_NO_REASON;
}

std::size_t by_libgcc(ucontext_t& /*context*/) {
  std::size_t depth = 0;
  libgcc_backtrace(add_frame, &depth);
  return depth;
}

struct method {
  char const* name;
  std::size_t (*walk)(ucontext_t&);
  std::vector<std::uint64_t> ticks;
  double hot_ticks = 0;
};

std::array methods{method{"tables", by_tables, {}}, method{"hybrid before", by_hybrid, {}},
                   method{"libunwind, every step", by_libunwind, {}},
                   method{"libgcc _Unwind_Backtrace", by_libgcc, {}},
                   method{"frame pointers only", by_frame_pointers, {}}};
std::size_t turn = 0;
std::atomic<std::size_t> kept = 0;  // of all methods

std::uint64_t now_ticks() {
  unsigned cpu = 0;
  return __rdtscp(&cpu);
}

void sample_cold(int /*signal*/, siginfo_t* /*info*/, void* context) {
  auto const interrupted_errno = errno;
  auto& each = methods[turn++ % methods.size()];
  auto const begin = now_ticks();
  auto const depth = each.walk(*static_cast<ucontext_t*>(context));
  auto const spent = now_ticks() - begin;
  if (depth >= wanted_depth.first && depth <= wanted_depth.second &&
      each.ticks.size() < each.ticks.capacity()) {
    each.ticks.push_back(spent);
    ++kept;
  }
  errno = interrupted_errno;
}

void walk_hot(int /*signal*/, siginfo_t* /*info*/, void* raw) {
  constexpr int walks = 200;
  constexpr int tries = 5;
  auto& context = *static_cast<ucontext_t*>(raw);
  for (auto& each : methods) {
    each.hot_ticks = 1e18;
    for (int i = 0; i < tries; ++i) {
      auto const begin = now_ticks();
      for (int k = 0; k < walks; ++k) each.walk(context);
      each.hot_ticks = std::min(each.hot_ticks, static_cast<double>(now_ticks() - begin) / walks);
    }
  }
}

std::uint64_t volatile sink = 0;

// Work that leaves little of the caches to the next sample. Without any, SIGUSR1 is raised.
[[gnu::noinline]] void work(int kind) {
  static std::vector<std::uint32_t> big(1 << 21);  // 8 MiB
  if (kind < 0) {
    std::raise(SIGUSR1);
  } else if (kind % 3 == 0) {
    auto x = static_cast<std::uint32_t>(kind);
    for (int i = 0; i < 3000; ++i) {
      x = x * 1664525U + 1013904223U;
      sink = sink + big[x >> 11U]++;
    }
  } else if (kind % 3 == 1) {
    std::vector<std::uint32_t> values(800);
    for (auto& each : values)
      each = static_cast<std::uint32_t>(&each - values.data()) * 2654435761U;
    std::ranges::sort(values, {}, [](auto value) { return value % 1000; });
    sink = sink + values[3];
  } else {
    std::string text;
    for (int i = 0; i < 500; ++i) text += std::to_string(i);
    std::copy(big.begin() + (1 << 18), big.begin() + (1 << 19), big.begin());
    sink = sink + text.size() + big[5];
  }
}

template <int Frames>
[[gnu::noinline]] int nest(int kind) {
  int volatile local = kind + Frames;
  if constexpr (Frames == 0)
    work(kind);
  else
    local = nest<Frames - 1>(kind);
  return local + 1;
}

double ticks_per_us() {
  auto const now_ns = [] {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
  };
  auto const begin_ns = now_ns();
  auto const begin = now_ticks();
  usleep(200'000);
  return static_cast<double>(now_ticks() - begin) / (now_ns() - begin_ns) * 1e3;
}

void print(method& of, double per_us) {
  std::ranges::sort(of.ticks);
  auto const at = [&](std::size_t percent) {
    return static_cast<double>(of.ticks.at(of.ticks.size() * percent / 100)) / per_us;
  };
  std::printf(R"({"method": "%s", "samples": %zu, "median": %.3f, "p99": %.3f, "hot": %.3f})"
              "\n",
              of.name, of.ticks.size(), at(50), at(99), of.hot_ticks / per_us);
}

void find_libgcc() {
  auto* const library = dlopen("libgcc_s.so.1", RTLD_NOW);
  libgcc_backtrace =
      reinterpret_cast<decltype(libgcc_backtrace)>(dlsym(library, "_Unwind_Backtrace"));
  libgcc_ip = reinterpret_cast<decltype(libgcc_ip)>(dlsym(library, "_Unwind_GetIP"));
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): what is thrown ends the program
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto const samples = std::strtoull(argv[1], nullptr, 10);
  find_libgcc();
  walked_thread thread;
  walked = &thread;
  bench::hybrid_walker const before;
  hybrid = &before;
  for (auto& each : methods) each.ticks.reserve(samples);

  struct sigaction action {};
  action.sa_sigaction = walk_hot;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGUSR1, &action, nullptr);
  nest<37>(-1);
  {
    sampling_timer const timer{sample_cold, std::atoi(argv[2])};
    for (int kind = 0; kept < samples; kind = (kind + 1) % 900) nest<37>(kind);
  }
  auto const per_us = ticks_per_us();
  for (auto& each : methods) print(each, per_us);
}
