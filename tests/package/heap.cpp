#include <loopscope/heap/tracker.hpp>

#include <cstddef>
#include <iostream>
#include <memory>
#include <vector>

// Prints how many of its blocks are known to be alive.
int main() {
  namespace heap = loopscope::heap;
  heap::tracking_scope const tracking{heap::tracking_mode::exact};
  auto const before = heap::process_tracker.blocks.count().blocks;
  std::vector<std::unique_ptr<int>> blocks(100);
  for (auto& each : blocks) each = std::make_unique<int>();
  auto const after = heap::process_tracker.blocks.count().blocks;
  std::cout << after - before << ' ' << to_text(heap::current_tracking()) << '\n';
}
