// A vector of a million pointers holds a million objects, each by the word that points to it.
// Prints what failed; exits with 1 then.
#include "support/raw_snapshot.hpp"

#include <loopscope/heap/registered_root.hpp>
#include <loopscope/heap/tracker.hpp>
#include <loopscope/model/heap_reach.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace {

namespace heap = loopscope::heap;
namespace model = loopscope::model;

constexpr std::size_t count = 1'000'000;
// A size of tcmalloc: the blocks lie side by side.
constexpr std::size_t object_size = 32;

struct object {
  std::uint64_t words[object_size / sizeof(std::uint64_t)];
};

std::string contents(int fd) {
  auto const size = lseek(fd, 0, SEEK_END);
  std::string bytes(static_cast<std::size_t>(std::max<off_t>(size, 0)), '\0');
  if (pread(fd, bytes.data(), bytes.size(), 0) != size) std::abort();
  return bytes;
}

bool check(bool holds, char const* what) {
  if (!holds) std::printf("failed: %s\n", what);
  return holds;
}

bool holds_all(model::heap_sections const& read) {
  std::vector<std::uint64_t> sizes;
  model::for_each_record<model::raw_heap_node>(
      read.nodes, [&](model::raw_heap_node const& each) { sizes.push_back(each.size); });
  auto const largest = std::max_element(sizes.begin(), sizes.end());
  auto const vector = static_cast<std::uint32_t>(largest - sizes.begin());
  std::vector<bool> held(sizes.size());
  std::vector<bool> words(count);
  model::for_each_record<model::raw_heap_edge>(read.edges, [&](model::raw_heap_edge const& each) {
    if (each.from != vector || sizes[each.to] != sizeof(object)) return;
    held[each.to] = true;
    if (each.word < count) words[each.word] = true;
  });
  auto const all = [](std::vector<bool> const& of) {
    return static_cast<std::size_t>(std::count(of.begin(), of.end(), true)) == count;
  };
  auto const reach = model::reach_of(read);
  return check(*largest == count * sizeof(void*), "the vector's block is the largest") &&
         check(all(held), "it holds every object") && check(all(words), "by every word of it") &&
         check(reach.is_registered[vector], "a root holds the vector");
}

}  // namespace

int main() {
  if (!heap::set_tracking(heap::tracking_mode::exact)) return EXIT_FAILURE;
  std::vector<std::unique_ptr<object>> objects;
  objects.reserve(count);
  for (std::size_t i = 0; i < count; ++i) objects.push_back(std::make_unique<object>());
  heap::registered_root const root{"Test.objects", objects};
  auto const file = memfd_create("heap", MFD_CLOEXEC);

  auto is_good = check(loopscope::test::take_raw_heap(file) == 0, "the scan ends");
  auto const bytes = contents(file);
  auto const read = model::read_raw_heap(bytes);
  is_good = check(read.has_value(), "the capture is read") && holds_all(*read) && is_good;

  close(file);
  if (is_good) std::puts("heap-vector: all as expected");
  return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
