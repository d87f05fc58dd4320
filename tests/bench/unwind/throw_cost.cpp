// Prints what a throw over ten frames costs, in microseconds.
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>

namespace {

int volatile sink = 0;

// NOLINTNEXTLINE(misc-no-recursion): a deep stack is wanted
[[gnu::noinline]] int throw_below(int frames) {
  if (frames == 0) throw std::runtime_error{"thrown"};
  int const volatile below = throw_below(frames - 1);
  return below + 1;
}

void throw_often(int throws) {
  for (int i = 0; i < throws; ++i) {
    try {
      sink = throw_below(10);
    } catch (std::exception const&) {
      sink = i;
    }
  }
}

}  // namespace

int main() {
  constexpr int throws = 5000;
  throw_often(throws / 10);  // warms up
  auto const begin = std::chrono::steady_clock::now();
  throw_often(throws);
  std::chrono::duration<double, std::micro> const spent = std::chrono::steady_clock::now() - begin;
  std::printf("%.3f\n", spent.count() / throws);
}
