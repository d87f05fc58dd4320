#include <loopscope/formats/call_tree_impl.hpp>
#include <loopscope/formats/folded.hpp>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

namespace loopscope::formats {

namespace {

void write_name(std::ostream& out, std::string_view name) {
  for (auto const c : name) {
    if (c == ';')
      out << "%3B";
    else if (c == '\n')
      out << "%0A";
    else if (c == '\r')
      out << "%0D";
    else
      out << c;
  }
}

}  // namespace

void write_folded(std::ostream& out, model::symbolized_profile const& profile) {
  call_tree const tree{profile};
  auto const nodes = tree.nodes();
  std::vector<call_node const*> path;
  for (auto const& node : nodes) {
    if (node.hits == 0) continue;
    path.clear();
    for (auto const* at = &node; at != &nodes.front(); at = &nodes[at->parent]) path.push_back(at);
    for (auto each = path.rbegin(); each != path.rend(); ++each) {
      if (each != path.rbegin()) out << ';';
      write_name(out, (*each)->title());
    }
    out << ' ' << std::to_string(node.hits) << '\n';
  }
}

}  // namespace loopscope::formats
