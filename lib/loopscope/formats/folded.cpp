#include <loopscope/formats/call_tree_impl.hpp>
#include <loopscope/formats/folded.hpp>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

namespace loopscope::formats {

namespace {

std::string_view escape_of(char c) {
  return c == ';' ? "%3B" : c == '\n' ? "%0A" : "%0D";
}

void write_name(std::ostream& out, std::string_view name) {
  while (true) {
    auto const plain = std::min(name.find_first_of(";\n\r"), name.size());
    out.write(name.data(), static_cast<std::streamsize>(plain));
    if (plain == name.size()) return;
    out << escape_of(name[plain]);
    name.remove_prefix(plain + 1);
  }
}

}  // namespace

void write_folded(std::ostream& out, model::symbolized_profile const& profile,
                  model::frame_style frames) {
  call_tree const tree{profile, frames};
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
    out << ' ' << std::to_string(node.periods) << '\n';
  }
}

}  // namespace loopscope::formats
