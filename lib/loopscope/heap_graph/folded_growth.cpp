#include <loopscope/heap_graph/diff.hpp>

#include <algorithm>
#include <ostream>
#include <string_view>
#include <unordered_map>

namespace loopscope::heap_graph {

namespace {

struct growing_frame {
  std::uint32_t parent;  // index; none: nothing called it
  std::uint32_t name;    // index
  std::int64_t delta_bytes = 0;
};

// The stacks of both snapshots in one tree: frames are the same if their names are.
class growing_tree {
 public:
  void add(heap_snapshot const& heap, std::vector<std::uint32_t> const& objects, bool came) {
    auto const places = place(heap);
    for (auto const object : objects) {
      auto const trace = heap.trace[object];
      auto const at = trace == none ? none : places[trace];
      auto const bytes = static_cast<std::int64_t>(heap.self_bytes[object]);
      (at == none ? without_stack_ : frames_[at].delta_bytes) += came ? bytes : -bytes;
    }
  }

  void write(std::ostream& out) const {
    if (without_stack_ > 0) out << "(no stack) " << std::to_string(without_stack_) << '\n';
    std::vector<std::uint32_t> path;
    for (auto const& frame : frames_) {
      if (frame.delta_bytes <= 0) continue;
      path.assign(1, frame.name);
      for (auto at = frame.parent; at != none; at = frames_[at].parent)
        path.push_back(frames_[at].name);
      for (auto each = path.rbegin(); each != path.rend(); ++each)
        out << (each == path.rbegin() ? "" : ";") << names_[*each];
      out << ' ' << std::to_string(frame.delta_bytes) << '\n';
    }
  }

 private:
  // Where the frames of a snapshot are here. The outermost one is no function.
  std::vector<std::uint32_t> place(heap_snapshot const& heap) {
    std::vector<std::uint32_t> names;
    for (auto const& function : heap.functions)
      names.push_back(number_of(heap.strings[function.name]));
    std::vector<std::uint32_t> places;
    for (auto const& trace : heap.traces) {
      auto const is_root = trace.parent == none;
      places.push_back(is_root ? none : child(places[trace.parent], names[trace.function]));
    }
    return places;
  }

  std::uint32_t child(std::uint32_t parent, std::uint32_t name) {
    auto const key = std::uint64_t{parent} << 32 | name;
    auto const [known, is_new] =
        children_.try_emplace(key, static_cast<std::uint32_t>(frames_.size()));
    if (is_new) frames_.push_back({parent, name});
    return known->second;
  }

  std::uint32_t number_of(std::string_view function) {
    std::string name;
    for (auto const c : function.empty() ? "(anonymous)" : function)
      name += c == ';' ? "%3B" : c == '\n' ? "%0A" : c == '\r' ? "%0D" : std::string(1, c);
    auto const [known, is_new] =
        numbers_.try_emplace(name, static_cast<std::uint32_t>(names_.size()));
    if (is_new) names_.push_back(name);
    return known->second;
  }

  std::vector<growing_frame> frames_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> numbers_;     // of names
  std::unordered_map<std::uint64_t, std::uint32_t> children_;  // by parent and name
  std::int64_t without_stack_ = 0;
};

}  // namespace

void write_folded_growth(std::ostream& out, heap_snapshot const& from, heap_snapshot const& to,
                         object_changes const& changes) {
  growing_tree tree;
  tree.add(to, changes.came, true);
  tree.add(from, changes.went, false);
  tree.write(out);
}

}  // namespace loopscope::heap_graph
