#include <loopscope/unwind/unwind_table.hpp>

#include <cstring>
#include <utility>

namespace loopscope::unwind {

unwind_table::unwind_table(std::vector<row> rows, std::vector<unwind_rule> rules,
                           std::uint32_t text_size, counters counts)
    : rows_{std::move(rows)}, rules_{std::move(rules)}, counts_{counts} {
  auto const buckets = (std::size_t{text_size} >> bucket_bits) + 2;
  first_row_.reserve(buckets);
  std::uint32_t in_force = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    auto const begin = bucket << bucket_bits;
    while (in_force + 1 < rows_.size() && rows_[in_force + 1].begin <= begin) ++in_force;
    first_row_.push_back(in_force);
  }
}

std::size_t unwind_table::memory() const noexcept {
  return rows_.capacity() * sizeof(row) + rules_.capacity() * sizeof(unwind_rule) +
         first_row_.capacity() * sizeof(std::uint32_t);
}

void unwind_table::poison() noexcept {
  constexpr int rubbish = 0xdd;
  std::memset(static_cast<void*>(rows_.data()), rubbish, rows_.size() * sizeof(row));
  std::memset(static_cast<void*>(rules_.data()), rubbish, rules_.size() * sizeof(unwind_rule));
  std::memset(first_row_.data(), rubbish, first_row_.size() * sizeof(std::uint32_t));
}

}  // namespace loopscope::unwind
