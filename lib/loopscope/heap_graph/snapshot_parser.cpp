#include <loopscope/heap_graph/snapshot_parser_impl.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace loopscope::heap_graph {

namespace {

struct type_meaning {
  std::string_view type;
  naming named;
  std::string_view class_name;
};

// As className() in HeapSnapshot.ts of DevTools. Every other type is in brackets.
constexpr std::array<type_meaning, 9> meanings{{
    {"object", naming::own, ""},
    {"native", naming::own, ""},
    {"synthetic", naming::synthetic, ""},
    {"closure", naming::titled, "Function"},
    {"hidden", naming::titled, "(system)"},
    {"code", naming::titled, "(compiled code)"},
    {"array", naming::titled, "(array)"},
    {"object shape", naming::titled, "(object shape)"},
    {"regexp", naming::content, "RegExp"},
}};

constexpr type_meaning other{"", naming::content, ""};

type_meaning const& meaning_of(std::string_view type) {
  auto const found = std::find_if(meanings.begin(), meanings.end(),
                                  [type](auto const& each) { return each.type == type; });
  return found == meanings.end() ? other : *found;
}

}  // namespace

snapshot_parser::snapshot_parser(byte_source const& source, std::uint64_t size,
                                 snapshot_parts wanted)
    : in_{source}, file_bytes_{size}, parts_{wanted} {}

read_result snapshot_parser::parse() {
  in_.open('{');
  while (in_.more('}')) {
    auto const key = in_.key();
    if (!in_.failed() && !seen_.insert(key).second) in_.fail("a member stands there twice");
    read_member(key);
  }
  in_.end();
  for (auto const* member : {"snapshot", "nodes", "edges", "strings"})
    if (!seen_.contains(member)) in_.fail(std::string{member} + " are missing");
  if (in_.failed()) return in_.failure();
  if (!traces_.move_to(out_)) in_.fail("an allocation stack names a function that is not there");
  check_root();
  if (in_.failed()) return in_.failure();
  return std::move(out_);
}

bool snapshot_parser::is_in_order(std::string const& key) {
  using pair = std::pair<std::string_view, std::string_view>;
  constexpr std::array<pair, 5> order{{{"nodes", "snapshot"},
                                       {"edges", "nodes"},
                                       {"trace_function_infos", "snapshot"},
                                       {"trace_tree", "snapshot"},
                                       {"strings", "edges"}}};
  for (auto const& [later, earlier] : order)
    if (key == later && !seen_.contains(earlier))
      in_.fail(std::string{earlier} + " should come before " + key);
  if (key == "trace_function_infos" && seen_.contains("strings"))
    in_.fail(key + " should come before strings");
  return !in_.failed();
}

void snapshot_parser::read_member(std::string const& key) {
  if (!is_in_order(key)) return;
  if (key == "snapshot")
    layout_ = read_layout(in_);
  else if (key == "nodes")
    read_nodes();
  else if (key == "edges")
    read_edges();
  else if (key == "trace_function_infos")
    traces_.read_functions(in_, layout_.function_fields);
  else if (key == "trace_tree")
    traces_.read_frames(in_, layout_.trace_fields);
  else if (key == "strings")
    read_strings();
  else
    in_.skip_value();
}

// What a pass over all that is kept finds, while the number of strings is not known yet.
std::vector<bool> snapshot_parser::wanted_strings() {
  std::vector<bool> wanted;
  auto const want = [&wanted](std::uint32_t string) {
    if (string == none) return;
    if (string >= wanted.size()) wanted.resize(std::size_t{string} + 1);
    wanted[string] = true;
  };
  for (std::uint32_t node = 0; node < out_.size(); ++node) {
    auto const& type = layout_.node_types[out_.type[node]];
    if (meaning_of(type).named != naming::content) want(out_.name[node]);
  }
  for (auto const property : out_.edge_property) want(property);
  for (auto const& function : traces_.functions()) {
    if (function.name >= most_strings || function.script >= most_strings) {
      in_.fail("an allocation stack names a string that is not there");
      return {};
    }
    want(function.name);
    want(function.script);
  }
  return wanted;
}

void snapshot_parser::read_strings() {
  auto const wanted = wanted_strings();
  std::string text;
  in_.open('[');
  while (in_.more(']')) {
    in_.text(text);
    auto const index = out_.strings.size();
    if (index >= most_strings) in_.fail("too many strings");
    out_.strings.add(index < wanted.size() && wanted[index] ? text : "");
  }
  auto const count = out_.strings.size();
  auto const has_all =
      wanted.size() <= count &&
      std::all_of(out_.name.begin(), out_.name.end(), [count](auto name) { return name < count; });
  if (!has_all) in_.fail("a name is not among the strings");
  for (auto const& type : layout_.node_types) {
    auto const& meaning = meaning_of(type);
    out_.types.push_back({meaning.named, static_cast<std::uint32_t>(out_.strings.size())});
    out_.strings.add(meaning.type.empty() ? "(" + type + ")" : std::string{meaning.class_name});
  }
}

void snapshot_parser::check_root() {
  auto const columns = layout_.node_fields.size();
  auto const root = layout_.root_index / columns;
  if (layout_.root_index % columns != 0 || (root >= out_.size() && root != 0))
    in_.fail("snapshot.root_index is no node");
  out_.root = static_cast<std::uint32_t>(root);
  out_.process = std::move(layout_.process);
}

}  // namespace loopscope::heap_graph
