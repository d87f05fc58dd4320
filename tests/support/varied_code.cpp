#include "support/varied_code.hpp"

#include <alloca.h>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace loopscope::test::VARIED_CODE {

namespace {

int volatile sink = 0;
void (*on_signal)() = nullptr;

[[gnu::noinline]] void use_alloca(std::size_t size) {
  auto* const room = static_cast<unsigned char volatile*>(alloca(size));
  room[0] = 1;
  sink = sink + room[0];
}

// Room of unknown size beside an aligned object: the CFA is in memory.
[[gnu::noinline]] void realign(std::size_t size) {
  alignas(64) int volatile room[16] = {};
  auto* const more = static_cast<unsigned char volatile*>(alloca(size));
  more[0] = static_cast<unsigned char>(size);
  room[size % 16] = more[0];
  use_alloca(size);
  sink = sink + room[3];
}

[[noreturn, gnu::noinline]] void refuse(int depth) {  // ends with a call that does not return
  if (depth == 0) throw std::runtime_error{"refused"};
  refuse(depth - 1);
}

[[gnu::noinline]] void throw_and_catch() {
  try {
    refuse(5);
  } catch (std::runtime_error const& error) {
    sink = sink + static_cast<int>(std::string{error.what()}.size());
  }
}

[[gnu::noinline]] int compare(void const* a, void const* b) {
  return *static_cast<int const*>(a) - *static_cast<int const*>(b);
}

[[gnu::noinline]] void call_back() {
  std::array<int, 9> values{5, 3, 8, 1, 9, 2, 7, 4, 6};
  qsort(values.data(), values.size(), sizeof(int), compare);
  int const key = 7;
  sink = sink + (bsearch(&key, values.data(), values.size(), sizeof(int), compare) != nullptr);
}

[[gnu::noinline]] int last(int a, int b) {
  use_alloca(static_cast<std::size_t>(a) + static_cast<std::size_t>(b));
  return sink;
}

[[gnu::noinline]] int jump_on(int a, int b) {
  sink = sink + a;
  return last(b, a);
}

[[gnu::noinline]] void jump() {
  sink = sink + jump_on(40, 2);
}

void handle(int /*signal*/) {
  on_signal();
  realign(3);
  call_back();
}

[[gnu::noinline]] void raise_with(int flags) {
  struct sigaction before {};
  struct sigaction action {};
  action.sa_handler = handle;
  action.sa_flags = flags;
  sigaction(SIGUSR2, &action, &before);
  raise(SIGUSR2);
  sigaction(SIGUSR2, &before, nullptr);
}

[[gnu::noinline]] void raise_on_own_stack() {
  static std::array<char, 256 << 10> room;
  stack_t before{};
  stack_t own{};
  own.ss_sp = room.data();
  own.ss_size = room.size();
  sigaltstack(&own, &before);
  raise_with(SA_ONSTACK);
  sigaltstack(&before, nullptr);
}

}  // namespace

void run_varied_code(void (*in_handler)()) {
  on_signal = in_handler;
  use_alloca(100);
  use_alloca(5000);
  realign(7);
  throw_and_catch();
  call_back();
  jump();
  raise_with(0);
  raise_on_own_stack();
}

}  // namespace loopscope::test::VARIED_CODE
