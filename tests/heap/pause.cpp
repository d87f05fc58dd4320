// What a snapshot costs: heap-pause SHAPE FILE, where SHAPE is
//   large  1 000 000 objects of 64 to 256 bytes, and 900 MB in blocks of 10 MB
//   small  1 GB in objects of up to 1 KB, which are linked
// Writes a raw capture into FILE and prints one line of JSON: milliseconds, objects, bytes.
#include "support/raw_snapshot.hpp"

#include <loopscope/heap/tracker.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace {

namespace heap = loopscope::heap;
namespace test = loopscope::test;
using steady = std::chrono::steady_clock;
using block = std::unique_ptr<std::byte[]>;

constexpr std::size_t megabyte = 1'000'000;

std::vector<block> blocks;

// Written to, so that it is resident; the first word points to the block before.
void add(std::size_t size) {
  auto made = std::make_unique_for_overwrite<std::byte[]>(size);
  std::memset(made.get(), 1, size);
  if (!blocks.empty()) {
    auto const* before = blocks.back().get();
    std::memcpy(made.get(), &before, sizeof before);
  }
  blocks.push_back(std::move(made));
}

void add_small(std::size_t count, std::size_t least, std::size_t most) {
  std::uint32_t random = 1;
  for (std::size_t i = 0; i < count; ++i) {
    random = random * 1664525 + 1013904223;
    add(least + (random >> 8) % (most - least + 1));
  }
}

bool make(std::string_view shape) {
  if (shape == "large") {
    add_small(1'000'000, 64, 256);
    for (int i = 0; i < 90; ++i) add(10 * megabyte);
  } else if (shape == "small") {
    for (std::size_t bytes = 0; bytes < 1000 * megabyte; bytes += megabyte * 512 / 1000)
      add_small(1000, 24, 1000);
  } else {
    return false;
  }
  return true;
}

double milliseconds(steady::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || !heap::set_tracking(heap::tracking_mode::exact) || !make(argv[1]))
    return EXIT_FAILURE;
  auto const file = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  test::begin_raw_heap(file);
  auto const begin = steady::now();
  heap::snapshot snapshot{heap::process_tracker, file};
  auto const prepared = steady::now();
  if (test::scan_in_child(snapshot) != 0) return EXIT_FAILURE;
  auto const scanned = steady::now();
  test::end_raw_heap(snapshot, file);
  auto const totals = snapshot.totals();
  struct stat info {};
  fstat(file, &info);
  std::printf(
      "{\"pause_ms\": %.2f, \"prepare_ms\": %.1f, \"scan_ms\": %.1f, \"objects\": %zu, "
      "\"bytes\": %zu, \"table_bytes\": %zu, \"raw_bytes\": %zu}\n",
      milliseconds(snapshot.pause()), milliseconds(prepared - begin),
      milliseconds(scanned - prepared), static_cast<std::size_t>(totals.blocks),
      static_cast<std::size_t>(totals.bytes), static_cast<std::size_t>(totals.table_bytes),
      static_cast<std::size_t>(info.st_size));
  return EXIT_SUCCESS;
}
