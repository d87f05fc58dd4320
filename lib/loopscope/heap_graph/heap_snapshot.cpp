#include <loopscope/base/expects.hpp>
#include <loopscope/heap_graph/heap_snapshot.hpp>

namespace loopscope::heap_graph {

void string_table::add(std::string_view text) {
  bytes_.append(text);
  ends_.push_back(bytes_.size());
}

std::string_view string_table::operator[](std::size_t index) const {
  LOOPSCOPE_EXPECTS(index < ends_.size());
  auto const begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view{bytes_}.substr(begin, ends_[index] - begin);
}

bool heap_snapshot::is_object(std::uint32_t node) const {
  return types[type[node]].named != naming::synthetic;
}

std::uint32_t heap_snapshot::class_of(std::uint32_t node) const {
  auto const& of = types[type[node]];
  return of.named == naming::own || of.named == naming::synthetic ? name[node] : of.class_name;
}

std::uint32_t heap_snapshot::title_of(std::uint32_t node) const {
  auto const& of = types[type[node]];
  auto const has_none = of.named == naming::content || strings[name[node]].empty();
  return has_none ? of.class_name : name[node];
}

std::span<std::uint32_t const> heap_snapshot::edges_of(std::uint32_t node) const {
  if (first_edge.empty()) return {};
  auto const begin = first_edge[node];
  return std::span{edge_to}.subspan(begin, first_edge[node + 1] - begin);
}

std::string heap_snapshot::site_of(trace_function const& function) const {
  std::string text{strings[function.name]};
  if (text.empty()) text = "(anonymous)";
  auto const script = strings[function.script];
  if (script.empty()) return text;
  text.append(" (").append(script.substr(script.rfind('/') + 1));
  if (function.line != 0) text.append(":").append(std::to_string(function.line));
  return text.append(")");
}

}  // namespace loopscope::heap_graph
