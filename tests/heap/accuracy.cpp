// How much of known allocations is seen: heap-accuracy exact, or heap-accuracy sampled with the
// period in the environment, as TCMALLOC_SAMPLE_PARAMETER. Prints one line of JSON: bytes that are
// there and bytes that are seen, of 1 000 000 blocks of 64 bytes and of 8 blocks of 64 MiB.
#include <loopscope/heap/sampling.hpp>
#include <loopscope/heap/snapshot.hpp>
#include <loopscope/heap/tracker.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

namespace {

namespace heap = loopscope::heap;

constexpr std::size_t small_size = 64;
constexpr std::size_t small_count = 1'000'000;
constexpr std::size_t large_size = std::size_t{64} << 20;
constexpr std::size_t large_count = 8;

struct seen_bytes {
  double small = 0;
  double large = 0;

  void add(std::uint64_t size, double weight) {
    if (size == small_size) small += weight * static_cast<double>(size);
    if (size == large_size) large += weight * static_cast<double>(size);
  }
};

seen_bytes exactly() {
  seen_bytes seen;
  heap::process_tracker.blocks.begin_ids(
      [&seen](heap::live_block const& each) { seen.add(each.size, 1); });
  heap::process_tracker.blocks.end_ids();
  return seen;
}

seen_bytes by_samples() {
  seen_bytes seen;
  for (auto const& each : heap::sampled_heap(heap::process_tracker).samples)
    seen.add(each.size, each.weight);
  return seen;
}

}  // namespace

int main(int argc, char** argv) {
  auto const mode = std::string_view{argc == 2 ? argv[1] : ""};
  if (mode != "exact" && mode != "sampled") return EXIT_FAILURE;
  if (mode == "exact" && !heap::set_tracking(heap::tracking_mode::exact)) return EXIT_FAILURE;
  std::vector<std::unique_ptr<std::byte[]>> blocks;
  blocks.reserve(small_count + large_count);
  for (std::size_t i = 0; i < small_count + large_count; ++i)
    blocks.push_back(
        std::make_unique_for_overwrite<std::byte[]>(i < small_count ? small_size : large_size));
  auto const seen = mode == "exact" ? exactly() : by_samples();
  std::printf(
      "{\"small_bytes\": %zu, \"seen_small_bytes\": %.0f, \"large_bytes\": %zu, "
      "\"seen_large_bytes\": %.0f}\n",
      small_size * small_count, seen.small, large_size * large_count, seen.large);
  return EXIT_SUCCESS;
}
