#include <loopscope/heap_graph/groups.hpp>

#include <string_view>
#include <unordered_map>
#include <utility>

namespace loopscope::heap_graph {

namespace {

constexpr std::string_view no_stack = "(no stack)";

// Texts are looked up once for each key, not once for each node.
class group_names {
 public:
  group_names(std::vector<std::string>& names, std::size_t keys)
      : names_{names}, by_key_(keys, none) {}

  template <typename MakeText>
  std::uint32_t find(std::size_t key, MakeText const& text) {
    auto& known = by_key_[key];
    if (known == none) known = find_text(text());
    return known;
  }

 private:
  std::uint32_t find_text(std::string text) {
    auto const index = static_cast<std::uint32_t>(names_.size());
    auto const [known, is_new] = by_text_.try_emplace(text, index);
    if (is_new) names_.push_back(std::move(text));
    return known->second;
  }

  std::vector<std::string>& names_;
  std::vector<std::uint32_t> by_key_;
  std::unordered_map<std::string, std::uint32_t> by_text_;
};

}  // namespace

groups group_objects(heap_snapshot const& heap, group_by by) {
  groups made{{}, std::vector<std::uint32_t>(heap.size(), none)};
  auto const by_type = by == group_by::type;
  auto const keys = by_type ? heap.strings.size() : heap.functions.size();
  group_names names{made.names, keys + 1};
  for (std::uint32_t node = 0; node < heap.size(); ++node) {
    if (!heap.is_object(node)) continue;
    auto const trace = heap.trace[node];
    if (by_type) {
      auto const text = heap.class_of(node);
      made.of[node] = names.find(text, [&] { return std::string{heap.strings[text]}; });
    } else if (trace == none) {
      made.of[node] = names.find(keys, [] { return std::string{no_stack}; });
    } else {
      auto const function = heap.traces[trace].function;
      made.of[node] = names.find(function, [&] { return heap.site_of(heap.functions[function]); });
    }
  }
  return made;
}

}  // namespace loopscope::heap_graph
