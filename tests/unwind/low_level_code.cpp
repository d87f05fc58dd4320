#include "workload.hpp"
#include "workload_tools.hpp"

#include <alloca.h>
#include <array>
#include <cmath>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/time.h>
#include <unistd.h>
#include <vector>

namespace workload {

namespace {

[[gnu::noinline]] void move_strings(int count) {
  constexpr std::size_t room = 70'000;
  static std::vector<char> a(room);
  static std::vector<char> b(room);
  for (int i = 0; i < count; ++i) {
    auto const size = 16 + next_random() % (room - 1000);
    std::memset(a.data(), 'x', size);
    a[size] = 0;
    std::memcpy(b.data(), a.data(), size + 1);
    keep(std::strlen(b.data()));
    keep(static_cast<std::uint64_t>(std::memcmp(a.data(), b.data(), size)));
    keep(std::memchr(b.data(), 0, size + 1) != nullptr ? 1 : 0);
    std::memmove(a.data() + 1, a.data(), size - 2);
    keep(std::strcmp(a.data(), b.data()) != 0 ? 1 : 0);
    keep(std::strstr(b.data(), "xy") != nullptr ? 1 : 0);
  }
}

// In the vDSO.
[[gnu::noinline]] void read_clocks(int count) {
  for (int i = 0; i < count; ++i) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    timeval today{};
    gettimeofday(&today, nullptr);
    keep(static_cast<std::uint64_t>(now.tv_nsec + today.tv_usec + std::time(nullptr)));
  }
}

// Functions so short that much of the time goes by in the stubs of the procedure linkage table.
[[gnu::noinline]] void call_stubs(int count) {
  auto seed = next_random();
  for (int i = 0; i < count; ++i) {
    keep(static_cast<std::uint64_t>(getpagesize()));
    keep(static_cast<std::uint64_t>(rand_r(&seed)));
  }
}

// A realigned frame with room of unknown size: its CFA is found in memory.
[[gnu::noinline, gnu::target("avx2")]] void realign(int count, ...) {
  alignas(64) double volatile values[16];
  auto const size = static_cast<std::size_t>(count) * 8 + 16;
  auto* const more = static_cast<char volatile*>(alloca(size));
  for (int i = 0; i < 16; ++i) values[i] = i * count;
  more[count] = 1;
  std::function<double(double)> const power = [&](double x) {
    return std::pow(x, 1.5) + values[3];
  };
  for (int i = 0; i < count; ++i)
    keep(static_cast<std::uint64_t>(power(i)) + static_cast<std::uint64_t>(more[count]));
}

[[gnu::noinline]] int take_many(int a, int b, int c, int d, int e, int f, int g, int h, double i) {
  return a + b * c + d - e + f * g + h + static_cast<int>(std::sin(i) * 3);
}

// The optimizer makes jumps of these calls.
// NOLINTNEXTLINE(misc-no-recursion): as the comment says
[[gnu::noinline]] int jump_on(int count) {
  if (count == 0) return take_many(1, 2, 3, 4, 5, 6, 7, 8, 9.5);
  return jump_on(count - 1);
}

[[noreturn, gnu::noinline]] void leave(std::jmp_buf& place) {
  std::longjmp(place, 1);  // NOLINT(cert-err52-cpp): that is what is walked
}

[[gnu::noinline]] void jump_back() {
  std::jmp_buf place;
  if (setjmp(place) == 0) leave(place);  // NOLINT(cert-err52-cpp): as above
  keep(1);
}

// Interrupted in here, there is a signal frame further out.
void on_signal(int /*signal*/) {
  std::array<char, 64> buffer{};
  for (int i = 0; i < 3; ++i)
    keep(static_cast<std::uint64_t>(
        std::snprintf(buffer.data(), buffer.size(), "%f", 0.1 * i)));  // NOLINT: as above
}

bool install_handlers() {
  static std::array<char, 65'536> stack{};
  stack_t own{};
  own.ss_sp = stack.data();
  own.ss_size = stack.size();
  sigaltstack(&own, nullptr);
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGUSR1, &action, nullptr);
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR2, &action, nullptr);
  return true;
}

[[gnu::noinline]] void handle_signals(int count) {
  static bool const installed = install_handlers();
  keep(installed ? 1 : 0);
  for (int i = 0; i < count; ++i) {
    std::raise(SIGUSR1);
    std::raise(SIGUSR2);
  }
}

// Assembler that keeps no frame pointer and realigns its stack.
[[gnu::noinline]] void hash(int count) {
  static std::vector<unsigned char> data(4096);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  static std::array const algorithms{EVP_sha256(), EVP_sha512(), EVP_sha1(), EVP_md5()};
  for (int i = 0; i < count; ++i) {
    for (auto const* algorithm : algorithms)
      EVP_Digest(data.data(), 100 + next_random() % 3900, digest.data(), nullptr, algorithm,
                 nullptr);
    RAND_bytes(data.data(), 256);
    data[static_cast<std::size_t>(i) % data.size()] ^= digest[3];
  }
}

}  // namespace

void run_low_level_code(int scale) {
  move_strings(6 * scale);
  read_clocks(1000 * scale);
  call_stubs(800 * scale);
  realign(300 * scale);
  for (int i = 0; i < 60 * scale; ++i) jump_back();
  for (int i = 0; i < 100 * scale; ++i) keep(static_cast<std::uint64_t>(jump_on(20)));
  handle_signals(4 * scale);
  hash(8 * scale);
}

}  // namespace workload
