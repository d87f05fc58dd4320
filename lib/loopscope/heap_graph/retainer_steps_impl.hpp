#pragma once

#include <loopscope/heap_graph/heap_snapshot.hpp>
#include <loopscope/heap_graph/shortest_paths.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace loopscope::heap_graph {

/// The paths from nodes to roots by their names: paths with the same names are one.
class retainer_steps {
 public:
  /// Both have to outlive it.
  retainer_steps(heap_snapshot const& heap, shortest_paths const& paths);

  /// The path that begins with `node`, which retains something through `edge`: a number that is
  /// the same for the same names.
  std::uint32_t path_from(std::uint32_t node, std::uint32_t edge);

  [[nodiscard]] std::vector<std::string> texts(std::uint32_t path) const;

 private:
  struct step {
    std::uint32_t title;     // index of a string
    std::uint32_t property;  // likewise, or none
    std::uint32_t next;      // index of a step; none: a root
    bool chain;

    bool operator==(step const&) const = default;
  };
  struct step_hash {
    std::size_t operator()(step const& of) const noexcept;
  };

  std::uint32_t above(std::uint32_t node);
  std::uint32_t before(std::uint32_t node, std::uint32_t edge, std::uint32_t next);
  std::uint32_t number_of(step const& of);
  [[nodiscard]] std::uint32_t property_of(std::uint32_t node, std::uint32_t edge) const;

  heap_snapshot const& heap_;
  shortest_paths const& paths_;
  std::vector<std::uint32_t> above_;  // by node: the step from its parent, once it is known
  std::vector<step> steps_;
  std::unordered_map<step, std::uint32_t, step_hash> numbers_;
};

}  // namespace loopscope::heap_graph
