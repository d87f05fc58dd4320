// What tracking costs: heap-cost MODE ROUNDS OBJECTS, where MODE is off, sampled or exact. Built
// with operator new and delete of the library (HOOKED) and without. Prints one line of JSON:
// nanoseconds a pair of new and delete, and bytes of the table an object.
#include <loopscope/heap/tracker.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

namespace {

using steady = std::chrono::steady_clock;
namespace heap = loopscope::heap;

// Sizes of a service: most are small.
constexpr std::array<std::size_t, 8> sizes{24, 64, 32, 200, 48, 96, 16, 512};

// A pair at a time, a few calls below main.
__attribute__((noinline)) void make_and_free(std::size_t size) {
  auto const block = std::make_unique_for_overwrite<std::byte[]>(size);
  auto* volatile kept = block.get();
  static_cast<void>(kept);
}

__attribute__((noinline)) void call(int depth, std::size_t size) {
  if (depth > 0)
    call(depth - 1, size);
  else
    make_and_free(size);
  asm volatile("");  // no tail call
}

double pair_ns(long rounds) {
  constexpr int depth = 8;
  auto const begin = steady::now();
  for (long i = 0; i < rounds; ++i) call(depth, sizes[static_cast<std::size_t>(i) % sizes.size()]);
  std::chrono::duration<double, std::nano> const passed = steady::now() - begin;
  return passed.count() / static_cast<double>(rounds);
}

double table_bytes(std::size_t objects) {
  std::vector<std::unique_ptr<std::byte[]>> all;
  all.reserve(objects);
  for (std::size_t i = 0; i < objects; ++i)
    all.push_back(std::make_unique_for_overwrite<std::byte[]>(sizes[i % sizes.size()]));
  auto const totals = heap::process_tracker.blocks.count();
  return totals.blocks == 0
             ? 0
             : static_cast<double>(totals.table_bytes) / static_cast<double>(totals.blocks);
}

}  // namespace

int main(int argc, char** argv) {
  auto const mode = argc == 4 ? heap::parse_tracking_mode(argv[1]) : std::nullopt;
  if (!mode || !heap::set_tracking(*mode)) return EXIT_FAILURE;
  auto const rounds = std::atol(argv[2]);
  pair_ns(rounds / 10);
  std::printf("{\"pair_ns\": %.2f, ", pair_ns(rounds));
  std::printf("\"table_bytes\": %.1f}\n",
              table_bytes(static_cast<std::size_t>(std::atol(argv[3]))));
  return EXIT_SUCCESS;
}
