#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::heap_graph {

/// No node, no text, no stack.
inline constexpr std::uint32_t none = 0xFFFF'FFFF;

/// Texts one behind the other, by index.
class string_table {
 public:
  void add(std::string_view text);
  void reserve(std::size_t count) { ends_.reserve(count); }

  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  [[nodiscard]] std::string_view operator[](std::size_t index) const;

 private:
  std::string bytes_;
  std::vector<std::uint64_t> ends_;
};

/// How the objects of a type are called.
enum class naming : std::uint8_t {
  own,        ///< by their name, which is their class: `object`, `native`
  synthetic,  ///< by their name; they are no objects: roots, and groups of them
  titled,     ///< their class is that of the type, their name says more: `closure`, `code`
  content,    ///< by the class of the type alone: the name is what a string or number holds
};

/// A type of nodes.
struct node_type {
  naming named;
  std::uint32_t class_name;  ///< index of a string, as DevTools calls it: `(string)`, `Function`
};

/// A function of allocation stacks.
struct trace_function {
  std::uint32_t name;    ///< index of a string
  std::uint32_t script;  ///< likewise: path or URL of the file
  std::uint32_t line;    ///< 1-based; 0: unknown
};

/// A frame of allocation stacks, as its parent called it. Parents stand before their children.
struct trace_node {
  std::uint32_t parent;    ///< index; none: the outermost
  std::uint32_t function;  ///< index
};

/// A heap as compact arrays: 25 bytes a node, 4 or 8 an edge, 12 a function or frame of allocation
/// stacks; of the strings, the text of those that name something, and 8 bytes for each.
///
/// Edges that retain nothing are left out: weak ones, and shortcuts but those of the root.
struct heap_snapshot {
  std::vector<std::uint8_t> type;            ///< by node: index of `types`
  std::vector<std::uint32_t> name;           ///< by node: index of a string
  std::vector<std::uint32_t> id;             ///< by node: stays with an object between snapshots
  std::vector<std::uint64_t> self_bytes;     ///< by node
  std::vector<std::uint32_t> trace;          ///< by node: index of `traces`, or none
  std::vector<std::uint32_t> first_edge;     ///< by node, and one behind; empty without edges
  std::vector<std::uint32_t> edge_to;        ///< by edge: a node
  std::vector<std::uint32_t> edge_property;  ///< by edge: a string, or none; empty if not wanted
  std::vector<node_type> types;
  std::vector<trace_function> functions;
  std::vector<trace_node> traces;
  string_table strings;
  std::string process;     ///< that the ids are of, if the file tells: same text, same process
  std::uint32_t root = 0;  ///< the node that all reachable ones are reached from, if there are any

  [[nodiscard]] std::uint32_t size() const noexcept {
    return static_cast<std::uint32_t>(id.size());
  }

  /// Whether a node is an object, not a root or a group.
  [[nodiscard]] bool is_object(std::uint32_t node) const;

  /// What objects of a kind have in common: the index of a string.
  [[nodiscard]] std::uint32_t class_of(std::uint32_t node) const;

  /// The name of one node, or else its class: the index of a string.
  [[nodiscard]] std::uint32_t title_of(std::uint32_t node) const;

  /// The nodes that a node retains. One may stand there more than once.
  [[nodiscard]] std::span<std::uint32_t const> edges_of(std::uint32_t node) const;

  /// `function (file:line)`, without the folders of the file.
  [[nodiscard]] std::string site_of(trace_function const& function) const;
};

}  // namespace loopscope::heap_graph
