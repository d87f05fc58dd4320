#pragma once

#include <loopscope/formats/heap_capture.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::formats {

/// What leads to a node of a heap snapshot.
struct holder_edge {
  std::uint32_t to = 0;  ///< a holder or, behind the holders, a block
  std::string name;      ///< empty: it is numbered
  bool is_weak = false;  ///< what it leads to would be there without it
};

/// A node of a heap snapshot that is no block.
struct holder {
  std::string name;
  std::uint32_t id = 0;
  bool is_synthetic = true;  ///< groups; the others are where a person's search ends
  std::vector<holder_edge> edges;
};

/// The roots of a capture as nodes, in the order in which they stand before the blocks; the first
/// is the root of all. Memory: O(roots)
class heap_holders {
 public:
  explicit heap_holders(heap_capture const& capture);

  [[nodiscard]] std::vector<holder> const& all() const noexcept { return all_; }

  /// The node id of a block.
  static std::uint32_t id_of_block(std::uint32_t block) noexcept;

  /// The largest id that a block may have.
  static constexpr std::uint32_t most_blocks = 0x3fffffff;

 private:
  std::uint32_t add(std::string name, std::uint32_t id, bool is_synthetic);
  std::uint32_t add_named(std::string const& name);
  void add_members(heap_capture const& capture);
  void add_roots(heap_capture const& capture);

  std::vector<holder> all_;
  std::set<std::uint32_t> taken_;
  std::uint32_t first_registered_ = 0;
  std::uint32_t first_static_ = 0;
  std::uint32_t first_thread_ = 0;
};

}  // namespace loopscope::formats
