// A library to load and unload. PADDING makes the copies differ in size, and so in address.
#include <cstddef>
#include <stdexcept>

namespace {

int volatile sink = 0;

template <std::size_t Rest>
[[gnu::noinline]] int padding(int value) {
  char volatile room[16 + Rest] = {};
  if constexpr (Rest > 0) return padding<Rest - 1>(value + room[0]) + 1;
  return value + room[0];
}

// NOLINTNEXTLINE(misc-no-recursion): a deep stack is wanted
[[gnu::noinline]] int deep(int frames, int value) {
  if (frames == 0) {
    for (int i = 0; i < 3000; ++i) sink = i ^ value;
    return padding<PADDING>(value & 15);
  }
  int const volatile below = deep(frames - 1, value);
  return below + 1;
}

// NOLINTNEXTLINE(misc-no-recursion): a deep stack is wanted
[[gnu::noinline]] void throw_below(int frames) {
  if (frames == 0) throw std::runtime_error{"plugin"};
  throw_below(frames - 1);
  sink = frames;
}

}  // namespace

extern "C" int plugin_work(int rounds) {
  int total = 0;
  for (int i = 0; i < rounds; ++i) {
    total += deep(20, i) & 15;
    try {
      throw_below(5);
    } catch (std::runtime_error const&) {
      ++total;
    }
  }
  return total;
}
