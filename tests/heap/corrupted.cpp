// Takes snapshots of a heap whose words are the worst that there are: heap-corrupted FILE. Writes
// the raw capture of the first one into FILE. Prints what failed; exits with 1 then.
#include "support/raw_snapshot.hpp"

#include <loopscope/base/read_file.hpp>
#include <loopscope/heap/tracker.hpp>
#include <loopscope/model/memory_map.hpp>
#include <loopscope/model/raw_heap.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {

namespace heap = loopscope::heap;
namespace model = loopscope::model;
namespace test = loopscope::test;

constexpr std::size_t page_size = 4096;

int failures = 0;

void check(bool holds, char const* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

std::vector<model::mapping> files_of_process() {
  std::vector<model::mapping> files;
  for (auto& each : model::parse_maps(loopscope::read_file_or_nothing("/proc/self/maps")).value())
    if (each.path.starts_with('/') && each.readable) files.push_back(std::move(each));
  return files;
}

// Words that look like pointers to tables of virtual functions, coroutines, blocks; and like none.
class wild_words {
 public:
  explicit wild_words(std::vector<std::uint64_t*> const& blocks) : blocks_{blocks} {}

  std::uint64_t next() {
    auto const& file = files_[random_() % files_.size()];
    auto const block = reinterpret_cast<std::uintptr_t>(blocks_[random_() % blocks_.size()]);
    std::array const words{file.start + random_() % (file.end - file.start),
                           (file.start + random_() % (file.end - file.start)) / 8 * 8,
                           file.start,
                           file.end - 8,
                           file.end - 1,
                           block + random_() % 600,
                           block - 8,
                           ~std::uint64_t{0} - random_() % 16,
                           std::uint64_t{1} << (random_() % 64),
                           std::uint64_t{random_()}};
    return words[random_() % words.size()];
  }

 private:
  std::mt19937_64 random_{1};
  std::vector<model::mapping> files_ = files_of_process();
  std::vector<std::uint64_t*> const& blocks_;
};

void check_wild_words(char const* path) {
  constexpr std::size_t count = 50'000;
  std::vector<std::uint64_t*> blocks;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < count; ++i) {
    sizes.push_back(2 + i % 64);
    blocks.push_back(new std::uint64_t[sizes.back()]);
  }
  wild_words words{blocks};
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t at = 0; at < sizes[i]; ++at) blocks[i][at] = words.next();
  auto const file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  check(test::take_raw_heap(file) == 0, "a heap of wild words");

  auto const bytes = loopscope::read_file_or_nothing(path);
  auto const read = model::read_raw_heap(bytes);
  check(read.has_value() && read->node_count >= count, "its raw capture");
  close(file);
  for (auto const* each : blocks) delete[] each;
}

// Pages in the middle of blocks that cannot be read, as those that guard stacks.
void check_guarded_pages() {
  constexpr std::size_t size = 8 * page_size;
  constexpr std::align_val_t aligned{page_size};
  std::vector<std::byte*> blocks;
  for (int i = 0; i < 100; ++i) {
    blocks.push_back(static_cast<std::byte*>(operator new(size, aligned)));
    for (std::size_t at = 0; at < size; at += page_size) blocks.back()[at] = std::byte{1};
    // The first page too: the type is looked for there.
    if (mprotect(blocks.back() + i % 8 * page_size, page_size, PROT_NONE) != 0) std::abort();
  }
  auto const nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

  check(test::take_raw_heap(nowhere) == 0, "blocks with pages that cannot be read");

  close(nowhere);
  for (auto* each : blocks) {
    mprotect(each, size, PROT_READ | PROT_WRITE);
    operator delete(each, aligned);
  }
}

// A file that is mapped, and then cut short.
void check_lost_file(std::string const& path) {
  auto const file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (ftruncate(file, 4 * page_size) != 0) std::abort();
  auto* const mapped = mmap(nullptr, 4 * page_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (mapped == MAP_FAILED || ftruncate(file, 0) != 0) std::abort();
  auto const table = reinterpret_cast<std::uintptr_t>(mapped) + 64;
  auto const object = std::make_unique<std::array<std::uint64_t, 4>>();
  object->fill(table);
  auto const nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

  check(test::take_raw_heap(nowhere) == 0, "a table of virtual functions in a file that is gone");

  close(nowhere);
  munmap(mapped, 4 * page_size);
  close(file);
  unlink(path.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || !heap::set_tracking(heap::tracking_mode::exact)) return EXIT_FAILURE;
  check_wild_words(argv[1]);
  check_guarded_pages();
  check_lost_file(std::string{argv[1]} + ".cut");
  if (failures == 0) std::puts("heap-corrupted: all as expected");
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
