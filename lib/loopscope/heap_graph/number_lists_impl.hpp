#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace loopscope::heap_graph {

/// Lists of numbers, one for each number below a limit, in one array.
struct number_lists {
  std::vector<std::uint32_t> begin;  ///< by list, and one behind
  std::vector<std::uint32_t> items;

  [[nodiscard]] std::span<std::uint32_t const> operator[](std::uint32_t list) const {
    return std::span{items}.subspan(begin[list], begin[list + 1] - begin[list]);
  }
};

/// Makes the lists from pairs, in two passes: the items of a list keep their order.
/// \param each  calls what it is given with every pair of a list and an item, both times the same.
template <typename ForEach>
number_lists make_lists(std::uint32_t lists, ForEach const& each) {
  number_lists made;
  made.begin.resize(lists + std::size_t{1});
  each([&made](std::uint32_t list, std::uint32_t) { ++made.begin[list + 1]; });
  for (std::uint32_t i = 0; i < lists; ++i) made.begin[i + 1] += made.begin[i];
  made.items.resize(made.begin.back());
  // begin[list] moves to the end of the list, which is where the next one begins.
  each([&made](std::uint32_t list, std::uint32_t item) { made.items[made.begin[list]++] = item; });
  for (auto i = lists; i > 0; --i) made.begin[i] = made.begin[i - 1];
  made.begin.front() = 0;
  return made;
}

}  // namespace loopscope::heap_graph
